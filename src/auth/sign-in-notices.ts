import { Injectable, Logger } from '@nestjs/common';
import { locales } from '../common/locale.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { SignInHistory } from '../sessions/sign-in-history.js';
import type { Credentials } from '../users/users.service.js';

/** What makes a sign-in remarkable to the owner of the account. */
export interface SignInSigns {
  /** It presented the token of a known device. */
  knownDevice: boolean;
  /** Wrong passwords that strangers tried on the account within a day. */
  earlierFailures: () => Promise<number>;
}

/** The account before the sign-in, as far as a notice needs it. */
export type SignInNotified = Pick<Credentials, 'id' | 'email' | 'emailVerified' | 'lastSignInAt'>;

/** So many wrong passwords before a right one are worth a notice. */
const manyFailures = 5;

/** Notifies users by email of sign-ins that may not be theirs (OWASP ASVS 6.3.5). */
@Injectable()
export class SignInNotices {
  private readonly logger = new Logger('SignIn');

  constructor(
    private readonly history: SignInHistory,
    private readonly outbox: EmailOutbox,
  ) {}

  /** `user` is the state before the sign-in. Never throws: a notice that cannot be queued must not fail a sign-in. */
  async notify(
    user: SignInNotified,
    { sessionId, userAgent }: { sessionId: string; userAgent: string | null },
    { knownDevice, earlierFailures }: SignInSigns,
  ): Promise<void> {
    // A user's own device, an unproven address, or the first sign-in of all.
    if (knownDevice || !user.emailVerified || user.lastSignInAt === null) return;
    try {
      if ((await earlierFailures()) >= manyFailures) {
        await this.outbox.enqueueNotice('sign_in_after_failures', user, locales[0]);
      } else if (!(await this.history.hasUsed(user.id, userAgent, sessionId))) {
        await this.outbox.enqueueNotice('new_device', user, locales[0]);
      }
    } catch (error) {
      this.logger.warn({ msg: 'The notice about a sign-in could not be queued', error: String(error) });
    }
  }
}
