import { Injectable, Logger } from '@nestjs/common';
import { locales } from '../common/locale.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { UsersService } from '../users/users.service.js';
import { Revoker } from './revoker.js';

/** Ends a session whose refresh token was used twice, and notifies its user by email. */
@Injectable()
export class ReuseResponse {
  private readonly logger = new Logger('Sessions');

  constructor(
    private readonly revoker: Revoker,
    private readonly users: UsersService,
    private readonly outbox: EmailOutbox,
  ) {}

  /** Resolves when the revocation is committed. A notice that cannot be queued does not undo it. */
  async endSession({ userId, sessionId }: { userId: string; sessionId: string }, ip: string): Promise<void> {
    if (!(await this.revoker.endSession(userId, sessionId, 'reuse', { ip }))) return;
    try {
      const user = await this.users.findOwn(userId);
      if (user) await this.outbox.enqueueNotice('session_reused', user, locales[0]);
    } catch (error) {
      this.logger.warn({ msg: 'The notice about a reused refresh token could not be queued', error: String(error) });
    }
  }
}
