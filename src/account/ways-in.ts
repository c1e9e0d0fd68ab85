import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Prisma } from '../database/generated/client.js';
import { Passkeys } from '../factors/passkeys.js';
import { Identities } from '../identities/identities.service.js';
import { noPassword } from '../passwords/stored-password.js';
import type { LockedUser } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';

/** How a user can sign in: with a password, a passkey or another provider. One of them must remain. */
@Injectable()
export class WaysIn {
  constructor(
    private readonly users: UsersService,
    private readonly passkeys: Passkeys,
    private readonly identities: Identities,
  ) {}

  /** Locks the user, so that two requests at once do not remove one way in each. Throws `token_revoked`. */
  async lockUser(userId: string, db: Prisma.TransactionClient): Promise<LockedUser> {
    const user = await this.users.lock(userId, db);
    if (!user) throw new ApiError('token_revoked', 'the user was deleted');
    return user;
  }

  /** Throws `last_way_in` if none is left. The caller has locked the user and removed one. */
  async assertOneLeft({ id }: LockedUser, db: Prisma.TransactionClient): Promise<void> {
    if (!(await this.users.hasPasswordHash(id, noPassword, db))) return;
    if ((await this.identities.listOf(id, db)).length > 0) return;
    if ((await this.passkeys.countOf(id, db)) > 0) return;
    throw new ApiError('last_way_in');
  }
}
