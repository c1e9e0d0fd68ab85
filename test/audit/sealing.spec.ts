import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { AuditSealer } from '../../src/audit/seals/sealer.js';
import { advisoryLocks } from '../../src/database/advisory-locks.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { forgetStart } from './trail.js';
import { verify } from './verify.js';

let app: TestApp;
let sealer: AuditSealer;
const log = recordingDestination();
beforeAll(async () => {
  app = await startApp({ env: { LOG_LEVEL: 'info' }, logDestination: log });
  sealer = app.nest.get(AuditSealer);
  await forgetStart(app.db);
});
afterAll(() => app.close());

/** A transaction of somebody's, with its own connection. */
async function begin(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: app.db.url });
  await client.connect();
  await client.query('BEGIN');
  return client;
}

const insertion = `INSERT INTO audit_events (id, created_at, event) VALUES ($1, now(), 'user.signed_in')`;
const batchOf = async (id: string) =>
  (await app.db.query<{ batch_id: string | null }>('SELECT batch_id FROM audit_events WHERE id = $1', [id]))[0]
    ?.batch_id;
const batches = () =>
  app.db.query<{ id: string; event_count: number }>('SELECT id, event_count FROM audit_batches ORDER BY id');
const addEvents = (count: number) =>
  app.db.query(`
    INSERT INTO audit_events (id, created_at, event, details)
    SELECT gen_random_uuid(), now(), 'user.sign_in_failed', '{"code": "invalid_credentials", "attempt": 1.5, "b": true}'
    FROM generate_series(1, ${count})`);

it('an event that commits late, with a lower id than sealed ones, is in the next batch and not a finding', async () => {
  const late = '00000000-0000-7000-8000-000000000001';
  const writer = await begin();
  await writer.query(insertion, [late]);
  await register(app);
  expect(await sealer.seal()).toBe(1);
  expect(await verify(app.db)).toMatchObject({ code: 0 });
  await writer.query('COMMIT');
  await writer.end();

  expect(await verify(app.db)).toMatchObject({ code: 0, report: { waiting: { count: 1 } } });
  expect(await sealer.seal()).toBe(1);
  expect(await batchOf(late)).toBe((await batches()).at(-1)!.id);
  expect(await verify(app.db)).toMatchObject({ code: 0, report: { waiting: { count: 0 } } });
});

it('an event that is rolled back leaves no gap', async () => {
  const writer = await begin();
  await writer.query(insertion, [randomUUID()]);
  await register(app);
  await sealer.seal();
  await writer.query('ROLLBACK');
  await writer.end();
  expect(await sealer.seal()).toBe(0);
  expect(await verify(app.db)).toMatchObject({ code: 0 });
});

it('where there is nothing to seal, nothing is written', async () => {
  const before = await batches();
  expect(await sealer.seal()).toBe(0);
  expect(await batches()).toEqual(before);
});

it('many events become batches of a thousand, and are verified in pages', async () => {
  const before = (await batches()).length;
  await addEvents(6500);
  expect(await sealer.seal()).toBe(6500);
  const made = (await batches()).slice(before).map(({ event_count }) => event_count);
  expect(made).toEqual([...Array(6).fill(1000), 500]);
  const { report } = await verify(app.db);
  expect(report).toMatchObject({ ok: true, batches: before + 7 });
  expect(report.events).toBeGreaterThanOrEqual(6500);
});

it('writing an event never waits for the sealer', async () => {
  await addEvents(10);
  const other = await begin();
  try {
    // As the sealer in the middle of its work: events numbered, nothing committed.
    await other.query('SELECT pg_advisory_xact_lock($1)', [advisoryLocks.auditSealer]);
    await other.query('UPDATE audit_events SET batch_id = 1000000 WHERE batch_id IS NULL');
    await register(app);
  } finally {
    await other.query('ROLLBACK');
    await other.end();
  }
  expect(await sealer.seal()).toBe(11);
});

it('only one instance at a time seals', async () => {
  await addEvents(10);
  const other = await begin();
  await other.query('SELECT pg_advisory_xact_lock($1)', [advisoryLocks.auditSealer]);
  expect(await sealer.seal()).toBe(0);
  await other.query('COMMIT');
  await other.end();
  expect(await sealer.seal()).toBe(10);
});

it('each seal is logged with its head, which can be stored and compared', async () => {
  await addEvents(1);
  await sealer.seal();
  const heads = log.entries<{ head?: string }>().flatMap(({ head }) => head ?? []);
  expect(await verify(app.db, { head: heads.at(-1) })).toMatchObject({ code: 0, report: { head: heads.at(-1) } });
  expect(await verify(app.db, { head: heads[0] })).toMatchObject({ code: 0 });
});

it('an instance that has seen a batch says so when it is gone', async () => {
  await addEvents(1);
  await sealer.seal();
  const { id } = (await batches()).at(-1)!;
  await app.db.query(`DELETE FROM audit_events WHERE batch_id = ${id}`);
  await app.db.query(`DELETE FROM audit_batches WHERE id = ${id}`);
  await sealer.seal();
  expect(log.lines.at(-1)).toContain(`Audit batch ${id} was removed or replaced`);
});

it('instances that start it together seal every event once', async () => {
  await addEvents(3500);
  const second = await startApp({ database: app.db, clock: app.clock });
  try {
    const counts = await Promise.all([sealer.seal(), second.nest.get(AuditSealer).seal()]);
    expect(counts[0] + counts[1] + (await sealer.seal())).toBe(3500);
    expect(await verify(app.db)).toMatchObject({ code: 0, report: { waiting: { count: 0 } } });
  } finally {
    await second.close();
  }
});
