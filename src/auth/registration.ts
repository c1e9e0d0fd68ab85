import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { Sessions } from '../sessions/sessions.service.js';
import type { NewUser } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import type { RegisterBody } from './auth.schema.js';
import type { SignedIn } from './login.js';

/** Where a registration comes from. */
interface Registrant extends ClientInfo {
  locale: Locale;
}

/** Registers users, and signs them in if that needs no verified address. */
@Injectable()
export class Registration {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
    private readonly sessions: Sessions,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Undefined with REQUIRE_VERIFIED_EMAIL: then the mailbox alone is told whether the address was taken. Throws
   * `registration_closed`, `validation_failed` or `password_too_weak`, and otherwise `email_taken`, also for the loser of a
   * race.
   */
  async register(
    body: RegisterBody,
    client: ClientInfo,
    locale: Locale,
    signal: AbortSignal,
  ): Promise<SignedIn | undefined> {
    if (!this.config.registrationOpen) throw new ApiError('registration_closed');
    await this.newPasswords.check(body.password, body);
    const { requireVerifiedEmail } = this.config;
    if (!requireVerifiedEmail && (await this.users.findCredentialsByEmail(body.email))) {
      throw new ApiError('email_taken');
    }
    const passwordHash = await this.passwords.hash(body.password, { address: client.ip, signal });
    const { email, name, client_id: clientId } = body;
    const user = { email, name, role: 'user', passwordHash };
    const registrant = { ...client, locale };
    if (!requireVerifiedEmail) return this.registerAndSignIn(user, clientId, registrant);
    await this.registerUnlessTaken(user, registrant);
    return undefined;
  }

  /** User and first session in one transaction: nobody is left registered without an answer that says so. */
  private registerAndSignIn(user: NewUser, clientId: string, client: Registrant): Promise<SignedIn> {
    return this.db.$transaction(async (tx) => {
      const created = await this.users.createUnlessTaken(user, tx);
      if (!created) throw new ApiError('email_taken', 'lost the race');
      const { id: userId, email: recipient } = created;
      await this.outbox.enqueueEmail({ template: 'verify_email', recipient, locale: client.locale }, tx);
      const fresh = { userId, epoch: 0, passwordHash: user.passwordHash };
      const started = await this.sessions.start(fresh, clientId, client, tx, 'user.registered');
      if (!started) throw new Error('the user vanished inside its own transaction');
      return started;
    });
  }

  /** The same statements for a taken address as for a new one. */
  private registerUnlessTaken(user: NewUser, { ip, locale }: Registrant): Promise<void> {
    return this.db.$transaction(async (tx) => {
      const created = await this.users.createUnlessTaken(user, tx);
      const owner = await this.users.findByEmail(user.email, tx);
      const template = created ? 'verify_email' : 'address_taken';
      await this.outbox.enqueueEmail({ template, recipient: user.email, locale }, tx);
      const event = created ? 'user.registered' : 'user.registration_failed';
      const details = created ? undefined : { code: 'email_taken' };
      await this.audit.record({ event, actorUserId: created?.id, subjectUserId: owner?.id, ip, details }, tx);
    });
  }
}
