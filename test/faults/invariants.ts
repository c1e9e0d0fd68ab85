import { expect } from '@jest/globals';
import { AuditSealer } from '../../src/audit/seals/sealer.js';
import { verify } from '../audit/verify.js';
import { pastGraceSeconds } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { call, expectProblem, expectStatus, refresh } from '../support/http.js';
import { until } from '../support/until.js';
import type { HonestClient } from './honest-client.js';

/** What is left when a fault is over. */
export interface Aftermath {
  clients: readonly HonestClient[];
  /** Every instance that runs now. */
  instances: readonly { url: string }[];
  /** One of them, or one that was started to look: it knows only what is in the database. */
  witness: TestApp;
  /** Moves the clock of every instance. */
  advanceSeconds: (seconds: number) => void | Promise<void>;
}

/**
 * What holds after every fault: no honest client is signed out, nothing is valid that should not be, and every write that was
 * answered is present. It ends the sessions of the clients, because it presents their oldest tokens last.
 */
export async function expectInvariants(aftermath: Aftermath): Promise<void> {
  await expectNobodySignedOut(aftermath);
  await expectWritesPresent(aftermath);
  await expectEndedStaysEnded(aftermath);
  await expectOldTokensRefused(aftermath);
  await expectTrailComplete(aftermath);
}

const signedIn = ({ clients }: Pick<Aftermath, 'clients'>) => clients.filter(({ held }) => held.length > 0);

/** Each rotates twice more, so that its oldest token is certainly superseded. */
export async function expectNobodySignedOut({ clients, instances, advanceSeconds }: Aftermath): Promise<void> {
  for (let rotations = 0; rotations < 2; rotations++) {
    await advanceSeconds(pastGraceSeconds);
    await Promise.all(signedIn({ clients }).map((client) => client.refresh()));
  }
  expect(clients.filter(({ signedOut }) => signedOut).map(({ email, signedOut }) => ({ email, signedOut }))).toEqual(
    [],
  );
  for (const instance of instances) {
    await Promise.all(
      signedIn({ clients }).map(async ({ email, tokens: { access_token: token } }) => {
        const { user } = (await expectStatus(call(instance, 'GET', '/auth/session', { token }), 200)) as {
          user: { email: string };
        };
        expect(user.email).toBe(email);
      }),
    );
  }
}

async function expectWritesPresent({ clients, witness }: Aftermath): Promise<void> {
  for (const { email, notes } of clients) {
    const stored = await witness.db.query<{ id: string; title: string }>(
      'SELECT n.id, n.title FROM users u JOIN notes n ON n.user_id = u.id WHERE u.email = $1',
      [email],
    );
    expect(stored).toEqual(expect.arrayContaining(notes));
  }
}

async function expectEndedStaysEnded({ clients, instances }: Aftermath): Promise<void> {
  const ended = clients.flatMap((client) => client.ended);
  for (const instance of instances) {
    for (const held of ended) {
      await expectProblem(refresh(instance, held.at(-1)!.refresh_token), 401, 'session_revoked');
      await expectAccessRefused(instance, held);
    }
  }
}

/** A token that was superseded twice reveals a theft, and the session ends with everything that belongs to it. */
async function expectOldTokensRefused({ clients, instances }: Aftermath): Promise<void> {
  for (const { held } of signedIn({ clients })) {
    const [first] = instances;
    await expectProblem(refresh(first!, held[0]!.refresh_token), 401, 'refresh_reused');
    for (const instance of instances) {
      await expectProblem(refresh(instance, held.at(-1)!.refresh_token), 401, 'session_revoked');
      await expectAccessRefused(instance, held);
    }
  }
}

/** Other instances are notified within milliseconds. An old one has expired, if the clock has moved that far. */
async function expectAccessRefused(instance: { url: string }, held: HonestClient['held']): Promise<void> {
  for (const { access_token: token } of held) {
    await until(async () => (await call(instance, 'GET', '/notes', { token })).status === 401);
  }
}

/** An action and its row in the audit trail are one, whatever happened in between; and the seals are whole. */
async function expectTrailComplete({ clients, witness: { db, nest } }: Aftermath): Promise<void> {
  const eventsOf = async (names: string) => {
    const rows = await db.query<{ id: string }>(`SELECT session_id AS id FROM audit_events WHERE event IN (${names})`);
    return rows.map(({ id }) => id).sort();
  };
  const sessions = await db.query<{ id: string; ended: boolean }>(
    'SELECT id, revoked_at IS NOT NULL AS ended FROM sessions',
  );
  const started = await eventsOf(`'user.registered', 'user.signed_in'`);
  const ended = await eventsOf(`'session.revoked', 'session.reused'`);
  // A sign-in deletes the oldest ended sessions of its user.
  const kept = new Set(sessions.map(({ id }) => id));
  const deleted = ended.filter((id) => !kept.has(id));
  expect(started).toEqual([...kept, ...deleted].sort());
  expect(ended).toEqual([...sessions.filter((session) => session.ended).map(({ id }) => id), ...deleted].sort());
  const answered = clients.flatMap((client) => [client.held, ...client.ended]).flatMap((tokens) => tokens.slice(-1));
  expect(started).toEqual(expect.arrayContaining(answered.map(({ session_id }) => session_id)));

  await nest.get(AuditSealer).seal();
  expect(await verify(db)).toMatchObject({ report: { ok: true, waiting: { count: 0 } } });
}
