import { Inject, Injectable } from '@nestjs/common';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { Prisma } from '../database/generated/client.js';
import { Revoker } from '../sessions/revoker.js';
import { SessionAssurance } from '../sessions/session-assurance.js';
import type { SessionWithUser } from '../sessions/session-rows.js';
import type { AuthenticationMethod } from '../tokens/authentication.js';
import type { LockedUser } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import { FactorNotice } from './factor-notice.js';

/** A signed-in user's request to change the factors of the account. */
export interface FactorRequest {
  user: UserPrincipal;
  ip: string;
  locale: Locale;
}

/** A factor, and what its first use has proven. */
export interface ProvenFactor {
  id: string;
  type: 'totp' | 'passkey';
  methods: readonly AuthenticationMethod[];
}

/**
 * Changes the second factors of an account. A change ends every other session of the user, and is one transaction with the
 * notice to the user and the audit row.
 */
@Injectable()
export class FactorChanges {
  constructor(
    private readonly users: UsersService,
    private readonly revoker: Revoker,
    private readonly assurance: SessionAssurance,
    private readonly notice: FactorNotice,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * `insert` stores the factor. The session of the request gains what it has proven, so it goes on. Throws `token_revoked` if
   * the session has ended, or what `insert` throws.
   */
  async add<Result>(
    request: FactorRequest,
    insert: (db: Prisma.TransactionClient) => Promise<{ factor: ProvenFactor; result: Result }>,
  ): Promise<{ result: Result; session: SessionWithUser }> {
    return this.change(request, 'factor.added', async (db) => {
      const { factor, result } = await insert(db);
      await this.users.setSecondFactor(request.user.userId, true, db);
      const session = await this.assurance.raise(request.user, factor.methods, this.clock.now(), db);
      if (!session) throw new ApiError('token_revoked', 'the session ended meanwhile');
      return { factor, result: { result, session } };
    });
  }

  /**
   * `remove` deletes the factor and returns how many are left. Throws `factor_enrolment_required` if it is the last one and
   * the user's role requires one, or what `remove` throws.
   */
  async remove(
    request: FactorRequest,
    remove: (db: Prisma.TransactionClient) => Promise<{ factor: Omit<ProvenFactor, 'methods'>; left: number }>,
  ): Promise<void> {
    await this.change(request, 'factor.removed', async (db, { id, role }) => {
      const { factor, left } = await remove(db);
      if (left === 0) {
        if (this.config.mfaRequiredRoles.includes(role)) {
          throw new ApiError('factor_enrolment_required', 'the last factor, which the role requires');
        }
        await this.users.setSecondFactor(id, false, db);
        await this.assurance.lower(request.user, db);
      }
      return { factor, result: undefined };
    });
  }

  private change<Result>(
    { user: { userId, sessionId }, ip, locale }: FactorRequest,
    event: 'factor.added' | 'factor.removed',
    work: (
      db: Prisma.TransactionClient,
      user: LockedUser,
    ) => Promise<{ factor: Omit<ProvenFactor, 'methods'>; result: Result }>,
  ): Promise<Result> {
    return this.revoker.inTransaction(async ({ db, endSessionsOf }) => {
      const user = await this.users.lock(userId, db);
      if (!user) throw new ApiError('token_revoked', 'the user was deleted');
      const { factor, result } = await work(db, user);
      await endSessionsOf(userId, 'factor_changed', sessionId);
      await this.notice.recordAndNotify(user, { event, type: factor.type, factorId: factor.id, ip, locale }, db);
      return result;
    });
  }
}
