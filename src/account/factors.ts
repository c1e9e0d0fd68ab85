import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import { PrismaService } from '../database/prisma.service.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import type { FactorSummary } from '../factors/second-factors.js';
import { SecondFactors } from '../factors/second-factors.js';
import type { FactorRequest } from './factor-changes.js';
import { FactorChanges } from './factor-changes.js';
import { FactorNotice } from './factor-notice.js';
import { WaysIn } from './ways-in.js';

/** The second factors of a signed-in user. */
@Injectable()
export class Factors {
  constructor(
    private readonly db: PrismaService,
    private readonly factors: SecondFactors,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly waysIn: WaysIn,
    private readonly changes: FactorChanges,
    private readonly notice: FactorNotice,
  ) {}

  async list(userId: string): Promise<{ factors: FactorSummary[]; recoveryCodesLeft: number }> {
    const factors = await this.factors.listOf(userId);
    return { factors, recoveryCodesLeft: await this.recoveryCodes.countOf(userId) };
  }

  /** Throws `not_found`. */
  async rename(userId: string, id: string, name: string): Promise<FactorSummary> {
    await this.factors.rename(userId, id, name);
    const renamed = (await this.factors.listOf(userId)).find((factor) => factor.id === id);
    if (!renamed) throw new ApiError('not_found');
    return renamed;
  }

  /** The last one takes the recovery codes with it. Throws `not_found`, `last_way_in` or `factor_enrolment_required`. */
  remove(id: string, request: FactorRequest): Promise<void> {
    const { userId } = request.user;
    return this.changes.remove(request, async (db) => {
      const type = await this.factors.remove(userId, id, db);
      if (!type) throw new ApiError('not_found');
      // An authenticator app alone is not a way in.
      if (type === 'passkey') await this.waysIn.assertOneLeft(userId, db);
      const left = (await this.factors.listOf(userId, db)).length;
      if (left === 0) await this.recoveryCodes.discardOf(userId, db);
      return { factor: { id, type }, left };
    });
  }

  /** Voids the earlier codes. Throws `second_factor_missing`. */
  async replaceRecoveryCodes({ user: { userId }, ip, locale }: FactorRequest): Promise<string[]> {
    return this.db.$transaction(async (tx) => {
      const user = await this.waysIn.lockUser(userId, tx);
      if ((await this.factors.listOf(userId, tx)).length === 0) throw new ApiError('second_factor_missing');
      const codes = await this.recoveryCodes.replace(userId, tx);
      await this.notice.recordNewRecoveryCodes(user, { ip, locale }, tx);
      return codes;
    });
  }
}
