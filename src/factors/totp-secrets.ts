import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import type { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import { PrismaService } from '../database/prisma.service.js';
import { KeyRing } from '../secrets/key-ring.js';
import { BrokenSeal, Sealer } from '../secrets/sealing.js';
import { stepOfCode, totpSecretBytes } from './totp.js';

/** How long a secret waits for its first code. */
const waitingSeconds = 60 * 60;
const cleanUpIntervalMs = 10 * 60_000;

/** A secret and a code of it that was right. */
export interface RightCode {
  id: string;
  /** The time step of the code. */
  step: number;
}

interface SealedTotp {
  id: string;
  sealed: Uint8Array;
  sealKeyId: Uint8Array;
}

type Database = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>;

/** The secrets of authenticator apps, sealed. A user has at most one that counts, and one that waits for its first code. */
@Injectable()
export class TotpSecrets {
  private readonly logger = new Logger('Factors');
  private readonly sealer: Sealer;

  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    keyRing: KeyRing,
    jobs: PeriodicJobs,
  ) {
    this.sealer = new Sealer(keyRing, 'totpSecret');
    const name = 'the clean-up of authenticator apps';
    jobs.add({ name, everyMs: cleanUpIntervalMs, run: (signal) => this.deleteUnconfirmed(signal) });
  }

  /** Draws a secret that waits for its first code, instead of any that waits already. */
  async create(userId: string): Promise<{ id: string; secret: Uint8Array }> {
    const id = newId();
    const secret = randomBytes(totpSecretBytes);
    const { sealed, sealKeyId } = this.sealer.seal(secret, contextOf(userId, id));
    await this.db.$executeRaw`
      INSERT INTO totp_secrets (id, user_id, secret_sealed, seal_key_id, created_at)
      VALUES (${id}::uuid, ${userId}::uuid, ${sealed}, ${sealKeyId}, ${databaseNow(this.clock)})
      ON CONFLICT (user_id) WHERE confirmed_at IS NULL DO UPDATE
        SET id = excluded.id, secret_sealed = excluded.secret_sealed, seal_key_id = excluded.seal_key_id,
          created_at = excluded.created_at`;
    return { id, secret };
  }

  /** Whether the code is right for the secret that waits. Returns undefined if not; null if none waits. */
  async checkFirstCode(userId: string, code: string): Promise<RightCode | null | undefined> {
    const [waiting] = await this.db.$queryRaw<SealedTotp[]>`
      SELECT id, secret_sealed AS sealed, seal_key_id AS "sealKeyId" FROM totp_secrets
      WHERE user_id = ${userId}::uuid AND confirmed_at IS NULL
        AND created_at > ${databaseNow(this.clock)} - ${waitingSeconds}::int * interval '1 second'`;
    return waiting ? this.judge(userId, waiting, code) : null;
  }

  /** Whether the code is right for the secret that counts, used or not. Returns undefined if not. */
  async checkCode(userId: string, code: string): Promise<RightCode | undefined> {
    const [confirmed] = await this.db.$queryRaw<SealedTotp[]>`
      SELECT id, secret_sealed AS sealed, seal_key_id AS "sealKeyId" FROM totp_secrets
      WHERE user_id = ${userId}::uuid AND confirmed_at IS NOT NULL`;
    return confirmed && this.judge(userId, confirmed, code);
  }

  /**
   * Accepts a code. Returns false if a code of its step, or of a later one, was accepted before: RFC 6238 section 5.2. Of
   * several calls with one code, on any instance, one gets true.
   */
  async useCode({ id, step }: RightCode, db: Database): Promise<boolean> {
    const used = await db.$executeRaw`
      UPDATE totp_secrets SET last_step = ${step}::int, last_used_at = ${databaseNow(this.clock)}
      WHERE id = ${id}::uuid AND confirmed_at IS NOT NULL AND (last_step IS NULL OR last_step < ${step}::int)`;
    return used === 1;
  }

  /**
   * Makes the secret count, instead of an earlier one. The code that confirmed it is used up. Returns false if it was
   * confirmed or replaced meanwhile. The caller has locked the user.
   */
  async confirm(userId: string, { id, step }: RightCode, db: Database): Promise<boolean> {
    const now = databaseNow(this.clock);
    const waiting = await db.$queryRaw<unknown[]>`
      SELECT 1 FROM totp_secrets WHERE id = ${id}::uuid AND confirmed_at IS NULL FOR UPDATE`;
    if (waiting.length === 0) return false;
    await db.$executeRaw`DELETE FROM totp_secrets WHERE user_id = ${userId}::uuid AND confirmed_at IS NOT NULL`;
    await db.$executeRaw`
      UPDATE totp_secrets SET confirmed_at = ${now}, last_used_at = ${now}, last_step = ${step}::int
      WHERE id = ${id}::uuid`;
    return true;
  }

  /** Returns how many were deleted; 0 also if another instance is doing it. */
  deleteUnconfirmed(signal?: AbortSignal): Promise<number> {
    return deleteInBatches(
      { db: this.db, lock: advisoryLocks.totpCleanup, signal },
      (tx, rows) => tx.$executeRaw`
        DELETE FROM totp_secrets WHERE id IN (
          SELECT id FROM totp_secrets
          WHERE confirmed_at IS NULL
            AND created_at <= ${databaseNow(this.clock)} - ${waitingSeconds}::int * interval '1 second'
          LIMIT ${rows}::int)`,
    );
  }

  private judge(userId: string, row: SealedTotp, code: string): RightCode | undefined {
    const secret = this.tryOpen(userId, row);
    if (secret === 'broken') return undefined;
    // As with refresh tokens: the operator has removed a value of AUTH_SECRET too early, which is not the user's fault.
    if (!secret) throw new ApiError('temporarily_unavailable', 'an unknown AUTH_SECRET value sealed the TOTP secret');
    const step = stepOfCode(secret, code, this.clock.nowMs());
    return step === undefined ? undefined : { id: row.id, step };
  }

  /** No code of a broken secret is right. To try again does not help: another factor does, or an admin. */
  private tryOpen(userId: string, row: SealedTotp): Buffer | 'broken' | undefined {
    try {
      return this.sealer.open(row, contextOf(userId, row.id));
    } catch (error) {
      if (!(error instanceof BrokenSeal)) throw error;
      this.logger.error({ msg: 'An authenticator app cannot be used', factorId: row.id, userId, err: error });
      return 'broken';
    }
  }
}

/** What a sealed secret is bound to. */
export function contextOf(userId: string, id: string): string {
  return `totp ${userId} ${id}`;
}
