import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Prisma } from '../database/generated/client.js';
import { Passkeys } from '../factors/passkeys.js';
import { Identities } from '../identities/identities.service.js';
import { noPassword } from '../passwords/stored-password.js';
import { UsersService } from '../users/users.service.js';

/** How a user can sign in: with a password, a passkey or another provider. One of them must remain. */
@Injectable()
export class WaysIn {
  constructor(
    private readonly users: UsersService,
    private readonly passkeys: Passkeys,
    private readonly identities: Identities,
  ) {}

  /**
   * Throws `last_way_in` if none is left, or `token_revoked` if the user was deleted. Call it in the transaction that removes one:
   * first, so that two requests at once do not remove one each, and again at the end.
   */
  async assertOneLeft(userId: string, db: Prisma.TransactionClient): Promise<void> {
    const passwordHash = await this.users.lockPasswordHash(userId, db);
    if (passwordHash === undefined) throw new ApiError('token_revoked', 'the user was deleted');
    if (passwordHash !== noPassword) return;
    if ((await this.identities.listOf(userId, db)).length > 0) return;
    if ((await this.passkeys.countOf(userId, db)) > 0) return;
    throw new ApiError('last_way_in');
  }
}
