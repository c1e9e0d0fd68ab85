import { Inject, Injectable } from '@nestjs/common';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import type { StartedSession } from '../sessions/sessions.service.js';
import { UsersService } from '../users/users.service.js';
import type { RegisterBody } from './auth.schema.js';
import { NewAccounts } from './new-accounts.js';

/** Registers users, and signs them in unless that needs a verified address. */
@Injectable()
export class Registration {
  constructor(
    private readonly users: UsersService,
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
    private readonly accounts: NewAccounts,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Returns undefined with REQUIRE_VERIFIED_EMAIL: then only the owner of the mailbox learns whether the address was taken.
   * Throws `registration_closed`, `overloaded`, `validation_failed` or `password_too_weak`. Otherwise throws `email_taken` if
   * the address is taken, even by a concurrent request.
   */
  async register(
    body: RegisterBody,
    client: ClientInfo,
    locale: Locale,
    signal: AbortSignal,
  ): Promise<StartedSession | undefined> {
    if (!this.config.registrationOpen) throw new ApiError('registration_closed');
    const caller = { address: client.ip, signal };
    this.passwords.queue.assertRoom(caller);
    await this.newPasswords.check(body.password, body);
    const { requireVerifiedEmail } = this.config;
    if (!requireVerifiedEmail && (await this.users.findCredentialsByEmail(body.email))) {
      throw new ApiError('email_taken');
    }
    const passwordHash = await this.passwords.hash(body.password, caller);
    const { email, name, client_id: clientId, scope } = body;
    const user = { email, name, role: 'user', passwordHash };
    const registrant = { ...client, locale };
    if (!requireVerifiedEmail) return this.accounts.createAndSignIn(user, { clientId, scope }, registrant);
    await this.accounts.createUnlessTaken(user, registrant);
    return undefined;
  }
}
