import { AuditSealer } from '../../src/audit/seals/sealer.js';
import { Clock } from '../../src/common/clock.js';
import type { TestApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { register } from '../support/http.js';
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';
import { verify } from './verify.js';

const oldSecret = 'the-old-secret-of-at-least-32-characters';
const newSecret = 'the-new-secret-of-at-least-32-characters';
const day = 86_400;

let database: TestDatabase;
let clock: Clock;
beforeEach(async () => {
  database = await createDatabaseForTest();
  clock = new Clock();
});

const instance = (secrets: string) => startAppForTest({ database, clock, env: { AUTH_SECRET: secrets } });

async function sealOne(app: TestApp): Promise<void> {
  await register(app);
  expect(await app.nest.get(AuditSealer).seal()).toBeGreaterThan(0);
}

const problems = async (secrets: string, head?: string) =>
  (await verify(database, { secrets, head })).report.findings.map(({ problem }) => problem);

it('that is replaced leaves a chain that the new value alone can verify, also without an event in between', async () => {
  const before = await instance(oldSecret);
  await sealOne(before);
  await sealOne(before);
  const { head } = (await verify(database, { secrets: oldSecret })).report;
  await before.close();

  const both = await instance(`${oldSecret},${newSecret}`);
  await both.close();
  const swapped = await instance(`${newSecret},${oldSecret}`);
  await swapped.close();
  const after = await instance(newSecret);
  expect(await problems(newSecret, head!)).toEqual([]);
  await sealOne(after);
  expect(await problems(newSecret, head!)).toEqual([]);

  for (const batch of [1, 2, 4]) {
    await database.query('UPDATE audit_events SET ip = NULL WHERE batch_id = $1', [batch]);
  }
  expect((await verify(database, { secrets: newSecret })).report.findings).toMatchObject([
    { problem: 'events_changed', from_batch: 1 },
    { problem: 'events_changed', from_batch: 2 },
    { problem: 'events_changed', from_batch: 4 },
  ]);
});

it('that is replaced still protects: a change to a batch under the removed value is found', async () => {
  const before = await instance(oldSecret);
  await sealOne(before);
  await sealOne(before);
  await (await instance(`${newSecret},${oldSecret}`)).close();
  await database.query(`UPDATE audit_events SET ip = NULL WHERE batch_id = 2`);
  await database.query(`UPDATE audit_batches SET events_digest = sha256('') WHERE id = 2`);
  expect(await problems(newSecret)).toEqual(expect.arrayContaining(['batch_changed', 'events_changed']));
});

it('is proven again once the instances agree on it', async () => {
  const old = await instance(`${oldSecret},${newSecret}`);
  await sealOne(old);
  const swapped = await instance(`${newSecret},${oldSecret}`);
  await sealOne(old); // after the new instance had sealed the head again
  expect(await problems(newSecret)).toEqual(['batches_unproven']);
  await old.close();
  await swapped.nest.get(AuditSealer).seal();
  expect(await problems(newSecret)).toEqual(['batches_unproven']); // they do not vie: after ten minutes
  clock.advanceSeconds(601);
  await swapped.nest.get(AuditSealer).seal();
  expect(await problems(newSecret)).toEqual([]);
});

it('that is removed before its successor proved the chain leaves unproven batches, which are reported', async () => {
  const old = await instance(oldSecret);
  await sealOne(old);
  await sealOne(old);
  expect((await verify(database, { secrets: newSecret })).report.findings).toMatchObject([
    { problem: 'batches_unproven', from_batch: 1, through_batch: 2 },
  ]);

  // Without its key the service itself would not start: somebody emptied that table.
  await old.close();
  await database.query('TRUNCATE signing_keys');
  await sealOne(await instance(newSecret));
  expect((await verify(database, { secrets: newSecret })).report.findings).toMatchObject([
    { problem: 'batches_unproven', from_batch: 1, through_batch: 2 },
  ]);
  expect(await problems(`${newSecret},${oldSecret}`)).toEqual([]);
});

it('batches under a value that is gone are pruned once they are proven, and kept where they are not', async () => {
  await sealOne(await instance(oldSecret));
  await (await instance(`${newSecret},${oldSecret}`)).close();
  const after = await instance(newSecret);
  clock.advanceSeconds(401 * day);
  const [batch] = await database.query('SELECT * FROM audit_batches WHERE id = 1');
  await database.query(`UPDATE audit_batches SET event_count = 5 WHERE id = 1`);
  expect(await after.nest.get(AuditSealer).prune()).toBe(0);
  await database.query('UPDATE audit_batches SET event_count = $1 WHERE id = 1', [batch!.event_count]);
  expect(await after.nest.get(AuditSealer).prune()).toBe(2);
  expect(await problems(newSecret)).toEqual([]);
});
