import { AuditSealer } from '../../src/audit/seals/sealer.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { login, register } from '../support/http.js';
import { forgetStart } from './trail.js';
import { verify } from './verify.js';

const uuid = '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e';

let app: TestApp;
let head: string;
beforeAll(async () => {
  app = await startApp();
  await forgetStart(app.db);
  const sealer = app.nest.get(AuditSealer);
  // Six batches of three events each.
  for (let batch = 0; batch < 6; batch++) {
    const { user } = await register(app);
    for (let i = 0; i < 2; i++) await login(app, user.email);
    expect(await sealer.seal()).toBe(3);
    app.clock.advanceSeconds(2 * 3600);
  }
  await app.db.query(`
    CREATE TABLE kept_events AS TABLE audit_events;
    CREATE TABLE kept_batches AS TABLE audit_batches`);
  head = (await verify(app.db)).report.head!;
});
afterAll(() => app.close());
afterEach(() =>
  app.db.query(`
    TRUNCATE audit_events, audit_batches;
    INSERT INTO audit_events SELECT * FROM kept_events;
    INSERT INTO audit_batches SELECT * FROM kept_batches`),
);

const firstOf = (batch: number) => `(SELECT id FROM audit_events WHERE batch_id = ${batch} ORDER BY id LIMIT 1)`;
const problemsOf = async (kept?: string) =>
  (await verify(app.db, { head: kept })).report.findings.map(
    ({ problem, from_batch, through_batch }) =>
      `${problem} ${from_batch}${from_batch === through_batch ? '' : `-${through_batch}`}`,
  );

it('a trail that nobody changed has no findings', async () => {
  const { code, report } = await verify(app.db);
  expect({ code, report }).toEqual({
    code: 0,
    report: {
      ok: true,
      batches: 6,
      events: 18,
      pruned_through: 0,
      head: expect.stringMatching(/^6:[0-9a-f]{64}$/),
      waiting: { count: 0, oldest_at: null },
      findings: [],
    },
  });
  expect(await problemsOf(head)).toEqual([]);
});

describe('an event that is', () => {
  it.each([
    ['given another name', `event = 'user.signed_out_everywhere'`],
    ['moved in time', `created_at = created_at + interval '1 millisecond'`],
    ['given another actor', `actor_user_id = '${uuid}'`],
    ['rid of its actor', `actor_user_id = NULL`],
    ['said to be by a client', `actor_client_id = 'pawl'`],
    ['given another subject', `subject_user_id = '${uuid}'`],
    ['said to be about a client', `subject_client_id = 'pawl'`],
    ['given another session', `session_id = '${uuid}'`],
    ['given another address', `ip = '203.0.113.7'`],
    ['given details', `details = '{"role": "admin"}'`],
    ['given another id', `id = '${uuid}'`],
  ])('%s is found, with its batch', async (_, change) => {
    await app.db.query(`UPDATE audit_events SET ${change} WHERE id = ${firstOf(3)}`);
    expect(await problemsOf()).toEqual(['events_changed 3']);
  });

  it('given another value in its details is found (attack: an admin who hides which role was given)', async () => {
    await app.db.query(`
      INSERT INTO audit_events (id, created_at, event, details)
      SELECT '${uuid}', max(created_at) + interval '2 hours', 'user.role_changed', '{"role": "admin"}' FROM audit_events`);
    expect(await app.nest.get(AuditSealer).seal()).toBe(1);
    expect(await problemsOf()).toEqual([]);
    await app.db.query(`UPDATE audit_events SET details = '{"role": "user"}' WHERE id = '${uuid}'`);
    expect(await problemsOf()).toEqual(['events_changed 7']);
  });

  it.each([1, 3, 6])('removed from batch %d is found', async (batch) => {
    await app.db.query(`DELETE FROM audit_events WHERE id = ${firstOf(batch)}`);
    expect(await problemsOf()).toEqual([`events_removed ${batch}`]);
  });

  it('inserted into a sealed batch is found', async () => {
    await app.db.query(`
      INSERT INTO audit_events (id, created_at, event, batch_id)
      SELECT '${uuid}', created_at, event, batch_id FROM audit_events WHERE id = ${firstOf(4)}`);
    expect(await problemsOf()).toEqual(['events_added 4']);
  });

  it('inserted with an old time, to be sealed as if it had come in time, is found', async () => {
    await app.db.query(`
      INSERT INTO audit_events (id, created_at, event)
      SELECT '${uuid}', created_at, event FROM audit_events WHERE id = ${firstOf(2)}`);
    expect(await app.nest.get(AuditSealer).seal()).toBe(1);
    expect(await problemsOf()).toEqual(['events_backdated 7']);
  });

  it('moved to another batch is found in both', async () => {
    await app.db.query(`UPDATE audit_events SET batch_id = 5 WHERE id = ${firstOf(2)}`);
    expect(await problemsOf()).toEqual(['events_removed 2', 'events_added 5']);
  });

  it('exchanged for one of another batch is found in both', async () => {
    await app.db.query(`
      UPDATE audit_events SET batch_id = 7 - batch_id WHERE id IN (${firstOf(2)}, ${firstOf(5)})`);
    expect(await problemsOf()).toEqual(['events_changed 2', 'events_changed 5']);
  });

  it('exchanged with its neighbour in the order of ids is found', async () => {
    await app.db.query(`
      UPDATE audit_events a SET event = b.event, session_id = b.session_id FROM audit_events b
      WHERE a.batch_id = 2 AND b.batch_id = 2 AND a.id <> b.id
        AND least(a.id, b.id) = ${firstOf(2)} AND 'user.registered' IN (a.event, b.event)`);
    expect(await problemsOf()).toEqual(['events_changed 2']);
  });

  it.each(['7', '-1', '0', '9223372036854775807'])(
    'given the number of a batch that there is not (%s) is found',
    async (id) => {
      await app.db.query(`UPDATE audit_events SET batch_id = ${id} WHERE id = ${firstOf(6)}`);
      const found = await problemsOf();
      expect(found).toHaveLength(2);
      expect(found).toContain('events_removed 6');
      expect(found).toContainEqual(expect.stringMatching(/^events_without_batch /));
    },
  );

  it('removed from its batch, changed and sealed again is found', async () => {
    await app.db.query(`UPDATE audit_events SET batch_id = NULL, ip = '203.0.113.7' WHERE id = ${firstOf(3)}`);
    await app.nest.get(AuditSealer).seal();
    expect(await problemsOf()).toEqual(['events_removed 3', 'events_backdated 7']);
  });
});

describe('a batch', () => {
  it('that is removed with its events is found', async () => {
    await app.db.query('DELETE FROM audit_events WHERE batch_id = 3; DELETE FROM audit_batches WHERE id = 3');
    expect(await problemsOf()).toEqual(['batches_missing 3']);
  });

  it('that is removed without them is found', async () => {
    await app.db.query('DELETE FROM audit_batches WHERE id BETWEEN 3 AND 4');
    expect(await problemsOf()).toEqual(
      expect.arrayContaining(['batches_missing 3-4', 'events_without_batch 3', 'events_without_batch 4']),
    );
  });

  it('that is removed at the beginning, as if it had been pruned, is found', async () => {
    await app.db.query('DELETE FROM audit_events WHERE batch_id <= 2; DELETE FROM audit_batches WHERE id <= 2');
    expect(await problemsOf()).toEqual(['batches_missing 1-2']);
  });

  it.each([
    ['its count of events', 'event_count = 4', 'batch_changed 3'],
    ['its time', `sealed_at = sealed_at - interval '2 years'`, 'batch_changed 3'],
    ['what it says is pruned', 'pruned_through = 2', 'batch_changed 3'],
    ['whether it vouches', 'vouches = false', 'batch_changed 3'],
    ['its seal', `seal = decode(repeat('00', 32), 'hex')`, 'batch_changed 3'],
    ['the digest before', `previous_digest = decode(repeat('00', 32), 'hex')`, 'batch_changed 3'],
    ['its key, to an unknown one', `key_id = decode('00000000', 'hex')`, 'batch_changed 3'],
  ])('whose record is changed is found: %s', async (_, change, expected) => {
    await app.db.query(`UPDATE audit_batches SET ${change} WHERE id = 3`);
    const found = await problemsOf();
    expect(found).toContain(expected);
    expect(found.every((problem) => /[ -]3$/.test(problem))).toBe(true);
  });

  it('whose events and digest are both changed, by somebody without AUTH_SECRET, is found', async () => {
    await app.db.query(`DELETE FROM audit_events WHERE batch_id = 3`);
    await app.db.query(`
      UPDATE audit_batches SET event_count = 0, events_digest = sha256('') WHERE id = 3`);
    expect(await problemsOf()).toEqual(['batch_changed 3']);
  });

  it('that changed places with another is found', async () => {
    await app.db.query(`
      UPDATE audit_batches SET id = id + 100 WHERE id IN (3, 4);
      UPDATE audit_batches SET id = 107 - id WHERE id > 100;
      UPDATE audit_events SET batch_id = 7 - batch_id WHERE batch_id IN (3, 4)`);
    expect(await problemsOf()).toEqual(expect.arrayContaining(['batch_changed 3', 'batch_changed 4']));
  });

  it('under an unknown key, put at the end by somebody without AUTH_SECRET, is found', async () => {
    await app.db.query(`
      INSERT INTO audit_batches
      SELECT 7, 0, sha256(''), sealed_at, pruned_through, sha256(''), true, decode('00000000', 'hex'), seal
      FROM audit_batches WHERE id = 6`);
    const found = await problemsOf();
    expect(found).toEqual(['batch_out_of_place 7', 'batches_unproven 7']);
  });
});

describe('the newest batches, removed with their events', () => {
  beforeEach(() =>
    app.db.query('DELETE FROM audit_events WHERE batch_id >= 5; DELETE FROM audit_batches WHERE id >= 5'),
  );

  it('leave no trace in the database', async () => {
    expect(await problemsOf()).toEqual([]);
  });

  it('are missed if a head was stored', async () => {
    expect(await problemsOf(head)).toEqual(['head_differs 6']);
  });

  it('are missed also once others were sealed in their place', async () => {
    const sealer = app.nest.get(AuditSealer);
    for (let batch = 0; batch < 2; batch++) {
      await register(app);
      await sealer.seal();
    }
    expect(await problemsOf()).toEqual([]);
    expect(await problemsOf(head)).toEqual(['head_differs 6']);
  });
});

it('several findings are all reported, by batch', async () => {
  await app.db.query(`DELETE FROM audit_events WHERE id IN (${firstOf(5)}, ${firstOf(2)})`);
  await app.db.query(`UPDATE audit_events SET ip = NULL WHERE id = ${firstOf(4)}`);
  expect(await problemsOf()).toEqual(['events_removed 2', 'events_changed 4', 'events_removed 5']);
});
