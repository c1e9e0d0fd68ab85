import { randomUUID } from 'node:crypto';
import { Clock } from '../../../src/common/clock.js';
import { ApiError } from '../../../src/common/errors.js';
import { isDatabaseUnavailable } from '../../../src/database/unavailable.js';
import { KeyRing } from '../../../src/secrets/key-ring.js';
import { Ratchet } from '../../../src/sessions/ratchet.js';
import { Revoker } from '../../../src/sessions/revoker.js';
import { Sessions } from '../../../src/sessions/sessions.service.js';
import type { TestApp } from '../../support/app.js';
import { startApp } from '../../support/app.js';
import type { TestDatabase } from '../../support/database.js';
import { createTestDatabase } from '../../support/database.js';
import { until } from '../../support/until.js';
import { partsOf } from '../refresh-story.js';
import type { Holder } from './family.js';
import type { Outcome, Presentation } from './history.js';

const oldSecret = 'the-old-secret-of-at-least-32-characters';
const newSecret = 'the-new-secret-of-at-least-32-characters';

/**
 * Two instances in the middle of a deployment that replaces AUTH_SECRET, and one that was started too early with a single
 * value. The longest grace time there is, so that a slow machine does not walk out of it while a test runs.
 */
const instanceSecrets = [`${oldSecret},${newSecret}`, `${newSecret},${oldSecret}`, oldSecret];
export const goodInstances = 2;
export const lifetimes = { graceMs: 600_000, idleMs: 30 * 86_400_000, ttlMs: 180 * 86_400_000 };

const clientId = 'pawl';
const client = { ip: '203.0.113.7', userAgent: null };
const passwordHash = 'no sign-in by password here';

/** What a rotation, a recovery or a revocation writes. */
const rotatedColumns = `generation, token_hash, sibling_hash, rotation_nonce, key_id, parent_lane, rotated_at, seen_at,
  shown_seen_at, pending_seen_at, revoked_at, revoked_reason`;

export interface Use {
  by: Holder;
  refreshToken: string;
  instance: number;
  clientId?: string;
}

export interface Used extends Presentation {
  refreshToken: string | undefined;
}

interface Instance {
  app: TestApp;
  ratchet: Ratchet;
  unknownKeyIds: ReadonlySet<string>;
}

/** The real thing: several instances of the service on one PostgreSQL, and a clock that tests move. */
export class Service {
  private constructor(
    readonly clock: Clock,
    readonly db: TestDatabase,
    private readonly instances: readonly Instance[],
    private readonly userId: string,
  ) {}

  static async start(): Promise<Service> {
    const clock = new Clock();
    const db = await createTestDatabase();
    const keyIds = new KeyRing([oldSecret, newSecret]).ids.map((id) => id.toString('hex'));
    const instances: Instance[] = [];
    // The single value before the one that seals the signing key under the new one, which it could not open.
    for (const index of [0, 2, 1]) {
      const secrets = instanceSecrets[index]!;
      const app = await startApp({ database: db, clock, env: { AUTH_SECRET: secrets, REFRESH_GRACE: '10m' } });
      const known = app.nest.get(KeyRing).ids.map((id) => id.toString('hex'));
      const unknownKeyIds = new Set(keyIds.filter((id) => !known.includes(id)));
      instances[index] = { app, ratchet: app.nest.get(Ratchet), unknownKeyIds };
    }
    const userId = randomUUID();
    await db.query(
      `INSERT INTO users (id, email, role, password_hash, created_at) VALUES ($1, 'owner@example.com', 'user', $2, now())`,
      [userId, passwordHash],
    );
    return new Service(clock, db, instances, userId);
  }

  async stop(): Promise<void> {
    for (const { app } of this.instances) await app.close();
    await this.db.drop();
  }

  async signIn(instance: number) {
    const fromMs = this.clock.nowMs();
    const sessions = this.instances[instance]!.app.nest.get(Sessions);
    const authenticatedAt = this.clock.now();
    const proof = { userId: this.userId, epoch: 0, methods: ['pwd'] as const, authenticatedAt };
    const started = await untilConnected(() => sessions.start(proof, { clientId, client }));
    const { refreshToken, session } = started!;
    return { refreshToken, sessionId: session.sessionId, fromMs, untilMs: this.clock.nowMs() };
  }

  async signOut(sessionId: string): Promise<void> {
    const revoker = this.instances[0]!.app.nest.get(Revoker);
    await untilConnected(() => revoker.endSession(this.userId, sessionId, 'logout'));
  }

  async use(use: Use): Promise<Used> {
    const [used] = await this.useTogether([use]);
    return used!;
  }

  /** Side by side, so that they race on the row; each of them may have been judged at any instant of the whole. */
  async useTogether(uses: readonly Use[]): Promise<Used[]> {
    const fromMs = this.clock.nowMs();
    const answers = await Promise.all(uses.map((use) => this.present(use)));
    const untilMs = this.clock.nowMs();
    return uses.map(({ by, refreshToken, instance }, index) => {
      const { outcome, answer } = answers[index]!;
      return {
        by,
        token: partsOf(refreshToken),
        fromMs,
        untilMs,
        outcome,
        answered: answer === undefined ? undefined : partsOf(answer),
        refreshToken: answer,
        unknownKeyIds: this.instances[instance]!.unknownKeyIds,
      };
    });
  }

  /** The session's row as it is now, to be put back by `restore`. */
  async backUp(sessionId: string): Promise<unknown> {
    const [backup] = await this.db.query<{ row: unknown }>(
      'SELECT to_jsonb(sessions) AS row FROM sessions WHERE id = $1',
      [sessionId],
    );
    return backup!.row;
  }

  async restore(sessionId: string, row: unknown): Promise<void> {
    await this.db.query(
      `UPDATE sessions SET (${rotatedColumns}) = (SELECT ${rotatedColumns} FROM jsonb_populate_record(NULL::sessions, $2))
       WHERE id = $1`,
      [sessionId, row],
    );
  }

  /** Every connection that waits for work is ended by the server. */
  async killIdleConnections(): Promise<void> {
    const killed = await this.db.query<{ pid: number }>(
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'pawl' AND state = 'idle'`,
    );
    const left = 'SELECT FROM pg_stat_activity WHERE pid = ANY ($1)';
    await until(async () => (await this.db.query(left, [killed.map(({ pid }) => pid)])).length === 0);
  }

  private async present(use: Use): Promise<{ outcome: Outcome; answer?: string }> {
    try {
      const { verdict, refreshToken } = await this.instances[use.instance]!.ratchet.refresh({
        refreshToken: use.refreshToken,
        clientId: use.clientId ?? clientId,
        ip: client.ip,
        arrivedAtMs: performance.now(),
      });
      return { outcome: verdict, answer: refreshToken };
    } catch (error) {
      return { outcome: outcomeOf(error) };
    }
  }
}

/** However often it takes: the connections may just have been broken, and the instance not have noticed yet. */
async function untilConnected<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  let answers: Answer[] = [];
  await until(async () => {
    try {
      answers = [await ask()];
      return true;
    } catch (error) {
      if (isDatabaseUnavailable(error)) return false;
      throw error;
    }
  });
  return answers[0]!;
}

function outcomeOf(error: unknown): Outcome {
  if (isDatabaseUnavailable(error)) return 'away';
  if (!(error instanceof ApiError)) throw error;
  switch (error.code) {
    case 'refresh_reused':
      return 'reuse';
    case 'session_revoked':
      return 'revoked';
    case 'refresh_expired':
      return 'expired';
    case 'temporarily_unavailable':
      return 'unavailable';
    case 'refresh_invalid':
      return error.privateDetail.endsWith('ahead') ? 'ahead' : 'invalid';
    default:
      throw error;
  }
}
