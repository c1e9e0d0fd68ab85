import { Inject, Injectable } from '@nestjs/common';
import type { ClientInfo } from '../common/client-info.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { isUniqueViolation } from '../database/unavailable.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { Sessions } from '../sessions/sessions.service.js';
import { UsersService } from '../users/users.service.js';
import type { RegisterBody } from './auth.schema.js';
import type { SignedIn } from './login.js';

/** Registers users and signs them in. */
@Injectable()
export class Registration {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Throws `registration_closed`, `validation_failed`, `password_too_weak` or `email_taken`; the last also for the loser of a race. */
  async register(body: RegisterBody, client: ClientInfo, signal: AbortSignal): Promise<SignedIn> {
    if (!this.config.registrationOpen) throw new ApiError('registration_closed');
    await this.newPasswords.check(body.password, body);
    if (await this.users.findCredentialsByEmail(body.email)) throw new ApiError('email_taken');
    const passwordHash = await this.passwords.hash(body.password, { address: client.ip, signal });
    return this.insert(body, passwordHash, client);
  }

  /** User and first session in one transaction: nobody is left registered without an answer that says so. */
  private async insert(body: RegisterBody, passwordHash: string, client: ClientInfo): Promise<SignedIn> {
    const userId = newId();
    const { email, name } = body;
    try {
      return await this.db.$transaction(async (tx) => {
        await tx.user.create({
          data: { id: userId, email, name, role: 'user', passwordHash, createdAt: this.clock.now() },
          select: { id: true },
        });
        const created = { userId, epoch: 0, passwordHash };
        const started = await this.sessions.start(created, body.client_id, client, tx, 'user.registered');
        if (!started) throw new Error('the user vanished inside its own transaction');
        return started;
      });
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_key')) throw new ApiError('email_taken', 'lost the race');
      throw error;
    }
  }
}
