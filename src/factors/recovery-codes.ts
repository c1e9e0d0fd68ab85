import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import { newRecoveryCode, recoveryCodeHashes } from './recovery-code.js';

export const recoveryCodeCount = 10;
/** The user is warned when this many are left. */
export const fewRecoveryCodes = 3;

type Database = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>;

/** The codes with which a user signs in without the device. */
@Injectable()
export class RecoveryCodes {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
  ) {}

  async countOf(userId: string, db: Database = this.db): Promise<number> {
    const [row] = await db.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM recovery_codes WHERE user_id = ${userId}::uuid`;
    return row!.count;
  }

  /** Replaces the codes of the user. Returns the new ones, which nothing shows again. */
  async replace(userId: string, db: Database): Promise<string[]> {
    const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode);
    await this.discardOf(userId, db);
    await db.$executeRaw`
      INSERT INTO recovery_codes (user_id, code_hash, created_at)
      SELECT ${userId}::uuid, hash, ${databaseNow(this.clock)}
      FROM unnest(${codes.map((code) => recoveryCodeHashes(userId, code)![0])}::bytea[]) AS hash`;
    return codes;
  }

  /** The codes for a first factor: new ones, or none if the user has some already. */
  async createUnlessAny(userId: string, db: Database): Promise<string[]> {
    return (await this.countOf(userId, db)) === 0 ? this.replace(userId, db) : [];
  }

  /** Uses a code up. Returns how many are left, or undefined if it is not a code of the user's. Of several calls, one gets it. */
  async use(userId: string, typed: string, db: Database): Promise<number | undefined> {
    const hashes = recoveryCodeHashes(userId, typed);
    if (!hashes) return undefined;
    const used = await db.$executeRaw`
      DELETE FROM recovery_codes WHERE user_id = ${userId}::uuid AND code_hash = ANY (${hashes}::bytea[])`;
    return used === 1 ? this.countOf(userId, db) : undefined;
  }

  async discardOf(userId: string, db: Database): Promise<void> {
    await db.$executeRaw`DELETE FROM recovery_codes WHERE user_id = ${userId}::uuid`;
  }
}
