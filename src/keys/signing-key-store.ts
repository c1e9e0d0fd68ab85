import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../common/clock.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import type { Prisma, SigningKey as SigningKeyRow } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { KeyRing } from '../secrets/key-ring.js';
import { Sealer } from '../secrets/sealing.js';
import type { KeyActor } from './key-audit.js';
import { auditEventOf } from './key-audit.js';
import type { NewKey } from './key-material.js';
import { generateKey } from './key-material.js';
import type { DoneStep, KeyPlanner, KeyStep } from './key-plan.js';

/** The rows, and the database's time right after they were read (with the offset of the test clock). */
export interface StoredKeys {
  rows: SigningKeyRow[];
  now: Date;
}

/** Every committed change of the keys is notified on this channel. */
export const keysChannel = 'pawl_keys';

/** A plan is made again if another instance was faster. Losing this often means that something is wrong. */
const maxRounds = 8;

/** Reads the keys in the database, and changes them by plan under a lock, so that one instance makes each change. */
@Injectable()
export class SigningKeyStore {
  private readonly sealer: Sealer;

  constructor(
    private readonly db: PrismaService,
    keyRing: KeyRing,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
  ) {
    this.sealer = new Sealer(keyRing, 'signingKey');
  }

  read(): Promise<StoredKeys> {
    return this.readWith(this.db);
  }

  /** Carries out one plan. The plan is made again under the lock, so that only one instance carries it out. */
  async change(planner: KeyPlanner, by: KeyActor): Promise<DoneStep[]> {
    for (let round = 0; round < maxRounds; round++) {
      const { rows, now } = await this.read();
      const made = await this.generateFor(planner(rows, now));
      const steps = await this.changeUnderLock(planner, made, by);
      if (steps) return steps;
    }
    throw new Error('the signing keys kept changing while a change was planned');
  }

  /** Repeats `change` until the planner finds nothing more to do. */
  async settle(planner: KeyPlanner): Promise<DoneStep[]> {
    const done: DoneStep[] = [];
    for (let round = 0; round < maxRounds; round++) {
      const steps = await this.change(planner, 'schedule');
      if (steps.length === 0) break;
      done.push(...steps);
    }
    return done;
  }

  /** Seals every key under the first AUTH_SECRET value that is sealed under another known one. Returns the kids. */
  async reseal(): Promise<string[]> {
    // Many instances may start at once: they only wait for the lock if there is something to do.
    const sealKeys = await this.db.signingKey.findMany({ select: { sealKeyId: true } });
    if (!sealKeys.some(({ sealKeyId }) => this.sealer.isOutdated(sealKeyId))) return [];
    return this.underLock(async (tx) => {
      const resealed: string[] = [];
      for (const row of await tx.signingKey.findMany()) {
        const sealed = this.sealedAnew(row);
        if (!sealed) continue;
        await tx.signingKey.update({ where: { kid: row.kid }, data: sealed });
        resealed.push(row.kid);
      }
      return resealed;
    });
  }

  /** Returns undefined if the plan under the lock needs another key than `made`: start again. */
  private changeUnderLock(
    planner: KeyPlanner,
    made: NewKey | undefined,
    by: KeyActor,
  ): Promise<DoneStep[] | undefined> {
    return this.underLock(async (tx) => {
      const { rows, now } = await this.readWith(tx);
      const steps = planner(rows, now);
      if (steps.some((step) => step.step === 'make' && step.algorithm !== made?.algorithm)) return undefined;
      for (const step of steps) await this.carryOut(step, tx, made, now);
      if (steps.length > 0) await tx.$executeRaw`SELECT pg_notify(${keysChannel}, '')`;
      const done = steps.map((step) => (step.step === 'make' ? { ...step, kid: made!.kid } : step));
      for (const step of done) await this.audit.record(auditEventOf(step, by), tx);
      return done;
    });
  }

  /** Runs before the transaction, which must be short. */
  private async generateFor(steps: KeyStep[]): Promise<NewKey | undefined> {
    for (const step of steps) if (step.step === 'make') return generateKey(step.algorithm);
    return undefined;
  }

  private async carryOut(
    step: KeyStep,
    tx: Prisma.TransactionClient,
    made: NewKey | undefined,
    now: Date,
  ): Promise<void> {
    switch (step.step) {
      case 'make':
        await tx.signingKey.create({ data: this.toRow(made!, step.signsFrom, now) });
        break;
      case 'move':
        await tx.signingKey.update({ where: { kid: step.kid }, data: { signsFrom: step.signsFrom } });
        break;
      case 'retire':
        await tx.signingKey.update({ where: { kid: step.kid }, data: { verifiesUntil: step.verifiesUntil } });
        break;
      case 'revoke':
        await tx.signingKey.update({ where: { kid: step.kid }, data: { revokedAt: step.revokedAt } });
        // Other services learn of it with the commit (sessions/revocation-log.ts).
        await tx.$executeRaw`INSERT INTO revocations (kid, revoked_at) VALUES (${step.kid}, ${step.revokedAt})`;
        break;
      case 'delete':
        await tx.signingKey.delete({ where: { kid: step.kid } });
        break;
    }
  }

  private toRow({ kid, algorithm, publicJwk, secretBytes }: NewKey, signsFrom: Date, createdAt: Date) {
    const sealed = this.sealed(secretBytes, kid);
    return { kid, algorithm, publicJwk: publicJwk && { ...publicJwk }, ...sealed, createdAt, signsFrom };
  }

  private sealed(secretBytes: Buffer, kid: string) {
    const { sealed, sealKeyId } = this.sealer.seal(secretBytes, kid);
    return { privateKeySealed: sealed, sealKeyId };
  }

  /** Returns undefined if the row needs no new seal, or is damaged: loading it reports that. */
  private sealedAnew({ kid, sealKeyId, privateKeySealed }: SigningKeyRow) {
    if (!this.sealer.isOutdated(sealKeyId)) return undefined;
    try {
      const secretBytes = this.sealer.open({ sealed: privateKeySealed, sealKeyId }, kid);
      return secretBytes && this.sealed(secretBytes, kid);
    } catch {
      return undefined;
    }
  }

  private underLock<Result>(work: (tx: Prisma.TransactionClient) => Promise<Result>): Promise<Result> {
    return this.db.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${advisoryLocks.signingKeys}::bigint)`;
      return work(tx);
    });
  }

  private async readWith(db: Pick<Prisma.TransactionClient, 'signingKey' | '$queryRaw'>): Promise<StoredKeys> {
    const rows = await db.signingKey.findMany();
    // Not now(), which is the start of the transaction, before it waited for the lock.
    const [time] = await db.$queryRaw<{ now: Date }[]>`
      SELECT clock_timestamp() + ${this.clock.offsetMs}::float8 * interval '1 millisecond' AS now`;
    return { rows, now: time!.now };
  }
}
