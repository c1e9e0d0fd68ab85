import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { databaseNow } from '../database/now.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import { PrismaService } from '../database/prisma.service.js';
import { sha256 } from '../secrets/bytes.js';
import { KeyRing } from '../secrets/key-ring.js';
import { Sealer } from '../secrets/sealing.js';
import type { ProvenIdentity } from './identity-provider.js';
import { flowTtlSeconds } from './provider-flow.js';

/** How long an app has to collect a sign-in (RFC 6749 section 4.1.2: at most ten minutes). A redirect takes seconds. */
export const codeTtlSeconds = 2 * 60;
const codeShape = /^[A-Za-z0-9_-]{43}$/;
/** RFC 7636 section 4.1. */
const verifierShape = /^[A-Za-z0-9._~-]{43,128}$/;
const cleanupEveryMs = 10 * 60_000;

/** Sign-ins that have come back from a provider: each `state` counts once, and so does each one-time code. */
@Injectable()
export class ProviderSignIns {
  private readonly sealer: Sealer;

  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    keyRing: KeyRing,
    jobs: PeriodicJobs,
  ) {
    this.sealer = new Sealer(keyRing, 'providerFlow');
    const name = 'the clean-up of sign-ins with providers';
    jobs.add({ name, everyMs: cleanupEveryMs, run: (signal) => this.deleteExpired(signal) });
  }

  /** Returns false if the state has come back before. */
  async claimState(state: string): Promise<boolean> {
    const claimed = await this.db.$executeRaw`
      INSERT INTO provider_sign_ins (state_hash, expires_at)
      VALUES (${hashOf(state)}, ${databaseNow(this.clock)} + ${flowTtlSeconds}::int * interval '1 second')
      ON CONFLICT DO NOTHING`;
    return claimed === 1;
  }

  /** Stores what the provider said for the holder of the verifier. Returns the one-time code. */
  async issueCode(state: string, codeChallenge: string, identity: ProvenIdentity): Promise<string> {
    const code = randomBytes(32).toString('base64url');
    const { sealed, sealKeyId } = this.sealer.seal(Buffer.from(JSON.stringify(identity)), codeChallenge);
    await this.db.$executeRaw`
      UPDATE provider_sign_ins SET code_hash = ${hashOf(code)}, code_challenge = ${codeChallenge}, sealed = ${sealed},
        seal_key_id = ${sealKeyId}
      WHERE state_hash = ${hashOf(state)}`;
    return code;
  }

  /**
   * Redeems a one-time code. Returns undefined if it is unknown, used or expired, or if the verifier is not the one of its
   * challenge. One statement, so that one of several concurrent calls gets it; a wrong verifier does not use it up.
   */
  async takeCode(code: string, verifier: string): Promise<ProvenIdentity | undefined> {
    if (!codeShape.test(code) || !verifierShape.test(verifier)) return undefined;
    const codeChallenge = challengeOf(verifier);
    // Looked up by hashes, so the time that the index takes reveals nothing about a code.
    const [taken] = await this.db.$queryRaw<{ sealed: Uint8Array; sealKeyId: Uint8Array }[]>`
      WITH found AS (
        SELECT state_hash, sealed, seal_key_id FROM provider_sign_ins
        WHERE code_hash = ${hashOf(code)} AND code_challenge = ${codeChallenge}
          AND expires_at > ${databaseNow(this.clock)} + ${flowTtlSeconds - codeTtlSeconds}::int * interval '1 second'
        FOR UPDATE)
      UPDATE provider_sign_ins p SET code_hash = NULL, code_challenge = NULL, sealed = NULL, seal_key_id = NULL
      FROM found WHERE p.state_hash = found.state_hash
      RETURNING found.sealed, found.seal_key_id AS "sealKeyId"`;
    const opened = taken && this.sealer.open(taken, codeChallenge);
    return opened && (JSON.parse(opened.toString()) as ProvenIdentity);
  }

  /** Stores what the provider said until the challenge for the second factor is responded to. */
  async keepForChallenge(challenge: string, identity: ProvenIdentity): Promise<void> {
    const { sealed, sealKeyId } = this.sealer.seal(Buffer.from(JSON.stringify(identity)), challenge);
    await this.db.$executeRaw`
      INSERT INTO provider_sign_ins (state_hash, expires_at, sealed, seal_key_id)
      VALUES (${hashOf(challenge)}, ${databaseNow(this.clock)} + ${flowTtlSeconds}::int * interval '1 second', ${sealed},
        ${sealKeyId})`;
  }

  /** What `keepForChallenge` has stored. The challenge itself decides how often and how long it counts. */
  async findForChallenge(challenge: string): Promise<ProvenIdentity | undefined> {
    const [kept] = await this.db.$queryRaw<{ sealed: Uint8Array; sealKeyId: Uint8Array }[]>`
      SELECT sealed, seal_key_id AS "sealKeyId" FROM provider_sign_ins
      WHERE state_hash = ${hashOf(challenge)} AND sealed IS NOT NULL`;
    const opened = kept && this.sealer.open(kept, challenge);
    return opened && (JSON.parse(opened.toString()) as ProvenIdentity);
  }

  /** Returns how many were deleted; 0 also if another instance is doing it. */
  deleteExpired(signal?: AbortSignal): Promise<number> {
    return deleteInBatches(
      { db: this.db, lock: advisoryLocks.providerCleanup, signal },
      (tx, rows) => tx.$executeRaw`
        DELETE FROM provider_sign_ins WHERE state_hash IN (
          SELECT state_hash FROM provider_sign_ins WHERE expires_at <= ${databaseNow(this.clock)} LIMIT ${rows}::int)`,
    );
  }
}

/** The challenge of a verifier: method S256 (RFC 7636 section 4.2). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function hashOf(text: string): Buffer {
  return sha256(Buffer.from(text));
}
