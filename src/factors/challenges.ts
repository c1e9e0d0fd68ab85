import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import type { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PeriodicJobs } from '../database/periodic-job.js';
import { PrismaService } from '../database/prisma.service.js';
import { currentState } from '../users/user-state.js';
import type { ChallengeDelivery } from './challenge-token.js';
import { challengeHashOf, newChallengeToken } from './challenge-token.js';

const lifetimeSeconds = 5 * 60;
const maxAttempts = 5;
const cleanUpIntervalMs = 10 * 60_000;

/** What a challenge waits for: a second factor, a passkey that says whose it is, or a new passkey of a signed-in user. */
export type ChallengePurpose = 'second_factor' | 'passkey' | 'enrolment';

/** A sign-in whose first factor was right. */
export interface FirstFactor {
  userId: string;
  /** `userStateHash` when the first factor was right. */
  stateHash: Uint8Array;
  /** The `amr` values that it proved. */
  methods: readonly string[];
  clientId: string;
  scope: string | undefined;
  delivery: ChallengeDelivery;
  knownDevice: boolean;
}

/** A second-factor challenge that was not used, and whose user has not changed. */
export interface OpenChallenge {
  userId: string;
  methods: string[];
  clientId: string;
  scope: string | null;
  delivery: ChallengeDelivery;
  knownDevice: boolean;
}

type Database = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>;

/**
 * Challenges that wait for their response: 256 random bits, stored as their hash, for five minutes and five responses. Each
 * is used once: the statement that deletes it decides which of several requests that is, on all instances.
 */
@Injectable()
export class Challenges {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    jobs: PeriodicJobs,
  ) {
    const name = 'the clean-up of challenges';
    jobs.add({ name, everyMs: cleanUpIntervalMs, run: (signal) => this.deleteExpired(signal) });
  }

  /** Opens a challenge for the second factor of a sign-in. */
  async openSecondFactor(first: FirstFactor): Promise<string> {
    const token = newChallengeToken(first.delivery);
    const now = databaseNow(this.clock);
    await this.db.$executeRaw`
      INSERT INTO sign_in_challenges (token_hash, purpose, user_id, state_hash, methods, client_id, scope, delivery,
        known_device, created_at, expires_at)
      VALUES (${challengeHashOf(token)}, 'second_factor', ${first.userId}::uuid, ${first.stateHash},
        ${[...first.methods]}::text[], ${first.clientId}, ${first.scope ?? null}, ${first.delivery},
        ${first.knownDevice}, ${now}, ${now} + ${lifetimeSeconds}::int * interval '1 second')`;
    return token;
  }

  /** Opens a challenge for a passkey: of anybody, or with `userId` for a new one of that user. */
  async openPasskey(userId?: string): Promise<string> {
    const token = newChallengeToken('body');
    const purpose: ChallengePurpose = userId === undefined ? 'passkey' : 'enrolment';
    const now = databaseNow(this.clock);
    await this.db.$executeRaw`
      INSERT INTO sign_in_challenges (token_hash, purpose, user_id, methods, created_at, expires_at)
      VALUES (${challengeHashOf(token)}, ${purpose}, ${userId ?? null}::uuid, '{}', ${now},
        ${now} + ${lifetimeSeconds}::int * interval '1 second')`;
    return token;
  }

  /** Returns undefined if the challenge is unknown, used, expired or out of responses, or if its user has changed. */
  async findSecondFactor(token: string): Promise<OpenChallenge | undefined> {
    const [found] = await this.db.$queryRaw<OpenChallenge[]>`
      SELECT c.user_id AS "userId", c.methods, c.client_id AS "clientId", c.scope, c.delivery,
        c.known_device AS "knownDevice"
      FROM sign_in_challenges c JOIN users u ON u.id = c.user_id
      WHERE c.token_hash = ${challengeHashOf(token)} AND c.purpose = 'second_factor' AND c.state_hash = ${currentState}
        AND c.attempts < ${maxAttempts}::int AND c.expires_at > ${databaseNow(this.clock)}`;
    return found;
  }

  /** Counts a response, before it is judged. Returns false if none is left. */
  async countResponse(token: string): Promise<boolean> {
    const counted = await this.db.$executeRaw`
      UPDATE sign_in_challenges SET attempts = attempts + 1
      WHERE token_hash = ${challengeHashOf(token)} AND attempts < ${maxAttempts}::int
        AND expires_at > ${databaseNow(this.clock)}`;
    return counted === 1;
  }

  /** Whether this is an open challenge for a passkey, and of this user if it is for a new one. Does not use it up. */
  async hasPasskey(token: string, userId?: string): Promise<boolean> {
    const purpose: ChallengePurpose = userId === undefined ? 'passkey' : 'enrolment';
    const found = await this.db.$queryRaw<unknown[]>`
      SELECT 1 FROM sign_in_challenges
      WHERE token_hash = ${challengeHashOf(token)} AND purpose = ${purpose}
        AND user_id IS NOT DISTINCT FROM ${userId ?? null}::uuid AND expires_at > ${databaseNow(this.clock)}`;
    return found.length === 1;
  }

  /**
   * Uses the challenge up. Returns false if it was used or expired, or if its user has changed. Several concurrent calls: one
   * gets it. Part of the transaction in which the response takes effect.
   */
  async take(token: string, purpose: ChallengePurpose, db: Database): Promise<boolean> {
    const taken = await db.$executeRaw`
      DELETE FROM sign_in_challenges c
      WHERE c.token_hash = ${challengeHashOf(token)} AND c.purpose = ${purpose}
        AND c.expires_at > ${databaseNow(this.clock)}
        AND (c.state_hash IS NULL OR EXISTS (
          SELECT 1 FROM users u WHERE u.id = c.user_id AND c.state_hash = ${currentState}))`;
    return taken === 1;
  }

  /** Voids every open sign-in of a user. */
  async discardOf(userId: string, db: Database): Promise<void> {
    await db.$executeRaw`DELETE FROM sign_in_challenges WHERE user_id = ${userId}::uuid`;
  }

  /** Returns how many were deleted; 0 also if another instance is doing it. */
  deleteExpired(signal?: AbortSignal): Promise<number> {
    return deleteInBatches(
      { db: this.db, lock: advisoryLocks.challengeCleanup, signal },
      (tx, rows) => tx.$executeRaw`
        DELETE FROM sign_in_challenges WHERE token_hash IN (
          SELECT token_hash FROM sign_in_challenges WHERE expires_at <= ${databaseNow(this.clock)} LIMIT ${rows}::int)`,
    );
  }
}
