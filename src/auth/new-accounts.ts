import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import { PrismaService } from '../database/prisma.service.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { noPassword } from '../passwords/stored-password.js';
import type { StartedSession } from '../sessions/sessions.service.js';
import { userStateHash } from '../users/user-state.js';
import type { NewUser } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import { SignIn } from './sign-in.js';

/** Where a registration comes from. */
export interface Registrant extends ClientInfo {
  locale: Locale;
}

/** Creates the accounts of people who register themselves, in one transaction each. */
@Injectable()
export class NewAccounts {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    private readonly users: UsersService,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
    private readonly signIn: SignIn,
  ) {}

  /** The user and the first session are created together, so nobody is registered without a response that says so. */
  createAndSignIn(
    user: NewUser,
    session: { clientId: string; scope: string | undefined },
    { locale, ...client }: Registrant,
  ): Promise<StartedSession> {
    return this.db.$transaction(async (tx) => {
      const created = await this.users.createUnlessTaken(user, tx);
      if (!created) throw new ApiError('email_taken', 'lost the race');
      await this.outbox.enqueueEmail({ template: 'verify_email', recipient: created.email, locale }, tx);
      const proof = {
        userId: created.id,
        epoch: 0,
        methods: ['pwd'] as const,
        authenticatedAt: this.clock.now(),
        expectedPasswordHash: user.passwordHash,
      };
      const signedIn = await this.signIn.completeRegistration(
        proof,
        created,
        { ...session, client, event: 'user.registered' },
        tx,
      );
      if (!signedIn) throw new Error('the user vanished inside its own transaction');
      return signedIn;
    });
  }

  /** Sends the same statements whether the address is taken or not. */
  createUnlessTaken(user: NewUser, { ip, locale }: Registrant): Promise<void> {
    return this.db.$transaction(async (tx) => {
      const { email: recipient, passwordHash } = user;
      const created = await this.users.createUnlessTaken(user, tx);
      // A later registration takes an unclaimed account over, which voids the links of earlier ones.
      await this.users.replaceUnclaimed(user, { except: created?.id, invited: noPassword }, tx);
      const owner = await this.users.findByEmail(recipient, tx);
      const template = created ? 'verify_email' : 'address_taken';
      // The link of a registration activates the password of that registration and no other.
      const stateHash = userStateHash({ email: recipient, passwordHash, epoch: 0 });
      await this.outbox.enqueueEmail({ template, recipient, stateHash: created ? stateHash : undefined, locale }, tx);
      const event = created ? 'user.registered' : 'user.registration_failed';
      const details = created ? undefined : { code: 'email_taken' };
      await this.audit.record({ event, actorUserId: created?.id, subjectUserId: owner?.id, ip, details }, tx);
    });
  }
}
