import { Injectable } from '@nestjs/common';
import type { Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';

/** A factor as its user may see it. */
export interface FactorSummary {
  id: string;
  type: 'totp' | 'passkey';
  name: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** What a challenge accepts. */
export type FactorKind = 'totp' | 'passkey' | 'recovery_code';

type Database = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>;

/** The second factors of users, whatever they are. */
@Injectable()
export class SecondFactors {
  constructor(private readonly db: PrismaService) {}

  /** The factors that count, the oldest first. */
  listOf(userId: string, db: Database = this.db): Promise<FactorSummary[]> {
    return db.$queryRaw`
      SELECT id, 'totp' AS type, name, created_at AS "createdAt", last_used_at AS "lastUsedAt" FROM totp_secrets
      WHERE user_id = ${userId}::uuid AND confirmed_at IS NOT NULL
      UNION ALL
      SELECT id, 'passkey', name, created_at, last_used_at FROM passkeys WHERE user_id = ${userId}::uuid
      ORDER BY "createdAt", id`;
  }

  /** What the user can respond to a challenge with. */
  async kindsOf(userId: string): Promise<FactorKind[]> {
    const [found] = await this.db.$queryRaw<Record<FactorKind, boolean>[]>`
      SELECT
        EXISTS (SELECT 1 FROM totp_secrets WHERE user_id = ${userId}::uuid AND confirmed_at IS NOT NULL) AS totp,
        EXISTS (SELECT 1 FROM passkeys WHERE user_id = ${userId}::uuid) AS passkey,
        EXISTS (SELECT 1 FROM recovery_codes WHERE user_id = ${userId}::uuid) AS recovery_code`;
    return (['totp', 'passkey', 'recovery_code'] as const).filter((kind) => found![kind]);
  }

  /** Returns false if the user has no such factor. */
  async rename(userId: string, id: string, name: string): Promise<boolean> {
    const renamed = await this.db.$queryRaw<unknown[]>`
      WITH totp AS (
        UPDATE totp_secrets SET name = ${name}
        WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND confirmed_at IS NOT NULL RETURNING 1),
      passkey AS (
        UPDATE passkeys SET name = ${name} WHERE id = ${id}::uuid AND user_id = ${userId}::uuid RETURNING 1)
      SELECT 1 FROM totp UNION ALL SELECT 1 FROM passkey`;
    return renamed.length === 1;
  }

  /** Returns the type of the removed factor, or undefined if the user has no such factor. */
  async remove(userId: string, id: string, db: Database): Promise<FactorSummary['type'] | undefined> {
    const [removed] = await db.$queryRaw<{ type: FactorSummary['type'] }[]>`
      WITH totp AS (
        DELETE FROM totp_secrets WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND confirmed_at IS NOT NULL
        RETURNING 'totp' AS type),
      passkey AS (
        DELETE FROM passkeys WHERE id = ${id}::uuid AND user_id = ${userId}::uuid RETURNING 'passkey' AS type)
      SELECT type FROM totp UNION ALL SELECT type FROM passkey`;
    return removed?.type;
  }

  /** Removes every factor of the user with the recovery codes, and voids open sign-ins. Returns how many factors counted. */
  async removeAll(userId: string, db: Database): Promise<number> {
    const count = (await this.listOf(userId, db)).length;
    await db.$executeRaw`DELETE FROM totp_secrets WHERE user_id = ${userId}::uuid`;
    await db.$executeRaw`DELETE FROM passkeys WHERE user_id = ${userId}::uuid`;
    await db.$executeRaw`DELETE FROM recovery_codes WHERE user_id = ${userId}::uuid`;
    await db.$executeRaw`DELETE FROM sign_in_challenges WHERE user_id = ${userId}::uuid`;
    return count;
  }
}
