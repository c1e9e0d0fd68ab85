import { Injectable, Logger } from '@nestjs/common';
import { Prisma } from '../database/generated/client.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import { PrismaService } from '../database/prisma.service.js';
import { KeyRing } from '../secrets/key-ring.js';
import type { SealedSecret } from '../secrets/sealing.js';
import { BrokenSeal, Sealer } from '../secrets/sealing.js';
import { contextOf } from './totp-secrets.js';

const intervalMs = 10 * 60_000;
const batchRows = 500;
const firstId = '00000000-0000-0000-0000-000000000000';

interface SealedRow {
  id: string;
  userId: string;
  sealed: Uint8Array;
  sealKeyId: Uint8Array;
}

/** Seals the secrets of authenticator apps under the first value of AUTH_SECRET, so that the operator can drop an older one. */
@Injectable()
export class TotpResealing {
  private readonly logger = new Logger('Factors');
  private readonly sealer: Sealer;

  constructor(
    private readonly db: PrismaService,
    private readonly keyRing: KeyRing,
    jobs: PeriodicJobs,
  ) {
    this.sealer = new Sealer(keyRing, 'totpSecret');
    const name = 'the sealing of authenticator apps';
    jobs.add({ name, everyMs: intervalMs, run: (signal) => this.resealAll(signal) });
  }

  /**
   * Returns how many were sealed again. Several instances may do it at once: each row is replaced by one of them. A row that
   * does not open stays as it is, and is logged.
   */
  async resealAll(signal?: AbortSignal): Promise<number> {
    const outdated = this.keyRing.ids.filter((id) => this.sealer.isOutdated(id));
    if (outdated.length === 0) return 0;
    let resealed = 0;
    let rows: SealedRow[];
    let last = firstId;
    do {
      rows = await this.db.$queryRaw<SealedRow[]>`
        SELECT id, user_id AS "userId", secret_sealed AS sealed, seal_key_id AS "sealKeyId" FROM totp_secrets
        WHERE seal_key_id IN (${Prisma.join(outdated)}) AND id > ${last}::uuid ORDER BY id LIMIT ${batchRows}::int`;
      for (const row of rows) resealed += await this.reseal(row);
      last = rows.at(-1)?.id ?? last;
    } while (rows.length === batchRows && !signal?.aborted);
    return resealed;
  }

  private async reseal(row: SealedRow): Promise<number> {
    const resealed = this.sealAnew(row);
    if (!resealed) return 0;
    return this.db.$executeRaw`
      UPDATE totp_secrets SET secret_sealed = ${resealed.sealed}, seal_key_id = ${resealed.sealKeyId}
      WHERE id = ${row.id}::uuid AND secret_sealed = ${row.sealed}`;
  }

  private sealAnew(row: SealedRow): SealedSecret | undefined {
    const context = contextOf(row.userId, row.id);
    try {
      return this.sealer.seal(this.sealer.open(row, context)!, context);
    } catch (error) {
      if (!(error instanceof BrokenSeal)) throw error;
      this.logger.error({
        msg: 'An authenticator app cannot be sealed again',
        factorId: row.id,
        userId: row.userId,
        err: error,
      });
      return undefined;
    }
  }
}
