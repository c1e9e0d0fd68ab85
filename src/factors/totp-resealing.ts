import { Injectable } from '@nestjs/common';
import { Prisma } from '../database/generated/client.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import { PrismaService } from '../database/prisma.service.js';
import { KeyRing } from '../secrets/key-ring.js';
import { Sealer } from '../secrets/sealing.js';
import { contextOf } from './totp-secrets.js';

const intervalMs = 10 * 60_000;
const batchRows = 500;

interface SealedRow {
  id: string;
  userId: string;
  sealed: Uint8Array;
  sealKeyId: Uint8Array;
}

/** Seals the secrets of authenticator apps under the first value of AUTH_SECRET, so that the operator can drop an older one. */
@Injectable()
export class TotpResealing {
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

  /** Returns how many were sealed again. Several instances may do it at once: each row is replaced by one of them. */
  async resealAll(signal?: AbortSignal): Promise<number> {
    const outdated = this.keyRing.ids.filter((id) => this.sealer.isOutdated(id));
    if (outdated.length === 0) return 0;
    let resealed = 0;
    let rows: SealedRow[];
    do {
      rows = await this.db.$queryRaw<SealedRow[]>`
        SELECT id, user_id AS "userId", secret_sealed AS sealed, seal_key_id AS "sealKeyId" FROM totp_secrets
        WHERE seal_key_id IN (${Prisma.join(outdated)}) LIMIT ${batchRows}::int`;
      for (const row of rows) resealed += await this.reseal(row);
    } while (rows.length === batchRows && !signal?.aborted);
    return resealed;
  }

  private async reseal({ id, userId, sealed: before, sealKeyId: keyBefore }: SealedRow): Promise<number> {
    const context = contextOf(userId, id);
    const { sealed, sealKeyId } = this.sealer.seal(
      this.sealer.open({ sealed: before, sealKeyId: keyBefore }, context)!,
      context,
    );
    return this.db.$executeRaw`
      UPDATE totp_secrets SET secret_sealed = ${sealed}, seal_key_id = ${sealKeyId}
      WHERE id = ${id}::uuid AND secret_sealed = ${before}`;
  }
}
