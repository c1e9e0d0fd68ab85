import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { Passkeys } from '../factors/passkeys.js';
import { Identities } from '../identities/identities.service.js';
import { Providers } from '../identities/providers.js';
import { noPassword } from '../passwords/stored-password.js';
import type { LockedUser } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';

/**
 * How a user can sign in: with a password, a passkey or another provider that is still among the settings. One of them must
 * remain. An email does not count: it sets a password, which then does.
 */
@Injectable()
export class WaysIn {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly passkeys: Passkeys,
    private readonly identities: Identities,
    private readonly providers: Providers,
  ) {}

  /** Locks the user, so that two requests at once do not remove one way in each. Throws `token_revoked`. */
  async lockUser(userId: string, db: Prisma.TransactionClient): Promise<LockedUser> {
    const user = await this.users.lock(userId, db);
    if (!user) throw new ApiError('token_revoked', 'the user was deleted');
    return user;
  }

  /** Whether a password signs in, or confirms a change of the account. */
  async hasPassword(userId: string, db: Prisma.TransactionClient = this.db): Promise<boolean> {
    return !(await this.users.hasPasswordHash(userId, noPassword, db));
  }

  /** Throws `last_way_in` if none is left. The caller has locked the user and removed one. */
  async assertOneLeft(id: string, db: Prisma.TransactionClient): Promise<void> {
    if (await this.hasPassword(id, db)) return;
    if ((await this.identities.listOf(id, db)).some(({ provider }) => this.providers.has(provider))) return;
    if ((await this.passkeys.countOf(id, db)) > 0) return;
    throw new ApiError('last_way_in');
  }
}
