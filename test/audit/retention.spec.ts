import { AuditSealer } from '../../src/audit/seals/sealer.js';
import { loadConfig } from '../../src/config/config.js';
import type { TestApp } from '../support/app.js';
import { testSecret } from '../support/app.js';
import { register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { forgetStart } from './trail.js';
import { verify } from './verify.js';

const day = 86_400;

/** A service with three batches, of an event each, `daysBetween` days apart. */
async function withThreeBatches(env: NodeJS.ProcessEnv, daysBetween: number): Promise<TestApp> {
  const app = await startAppForTest({ env });
  await forgetStart(app.db);
  for (let i = 0; i < 3; i++) {
    if (i > 0) app.clock.advanceSeconds(daysBetween * day);
    await register(app);
    await app.nest.get(AuditSealer).seal();
  }
  return app;
}

const kept = async (app: TestApp) =>
  (await app.db.query('SELECT batch_id FROM audit_events ORDER BY batch_id')).map(({ batch_id }) => Number(batch_id));
const prune = (app: TestApp) => app.nest.get(AuditSealer).prune();

it('400 days are kept by default; less than 180 are refused', () => {
  const settings = { AUTH_SECRET: testSecret };
  expect(loadConfig(settings).auditRetentionSeconds).toBe(400 * day);
  expect(loadConfig({ ...settings, AUDIT_RETENTION: '180d' }).auditRetentionSeconds).toBe(180 * day);
  expect(() => loadConfig({ ...settings, AUDIT_RETENTION: '179d' })).toThrow('AUDIT_RETENTION must be at least 180d');
});

it('whole batches past the retention are deleted, and the chain stays verifiable', async () => {
  const app = await withThreeBatches({ AUDIT_RETENTION: '200d' }, 99);
  const { head } = (await verify(app.db)).report;
  expect(await prune(app)).toBe(0);
  app.clock.advanceSeconds(3 * day);
  expect(await prune(app)).toBe(1);
  expect(await kept(app)).toEqual([2, 3]);
  // The batch that says so is the fourth.
  const pruned = { ok: true, batches: 3, events: 2, pruned_through: 1, head: expect.stringMatching(/^4:/) };
  expect((await verify(app.db, { head: head! })).report).toMatchObject(pruned);

  app.clock.advanceSeconds(500 * day);
  expect(await prune(app)).toBe(3);
  expect(await kept(app)).toEqual([]);
  expect((await verify(app.db)).report).toMatchObject({ ok: true, batches: 1, pruned_through: 4 });
  await register(app);
  await app.nest.get(AuditSealer).seal();
  expect((await verify(app.db)).report).toMatchObject({ ok: true, batches: 2, events: 1, pruned_through: 4 });
});

it('many are deleted in small transactions', async () => {
  const app = await startAppForTest();
  await forgetStart(app.db);
  const sealer = app.nest.get(AuditSealer);
  for (let i = 0; i < 45; i++) {
    await app.db.query(`INSERT INTO audit_events (id, created_at, event) VALUES (gen_random_uuid(), now(), 'x')`);
    await sealer.seal();
  }
  app.clock.advanceSeconds(401 * day);
  expect(await sealer.prune()).toBe(45);
  expect(await kept(app)).toEqual([]);
  // Three batches say so, and each is of today.
  expect((await verify(app.db)).report).toMatchObject({ ok: true, batches: 3, pruned_through: 45 });
});

it('what was pruned and comes back, and what is removed beside it, is found', async () => {
  const app = await withThreeBatches({ AUDIT_RETENTION: '200d' }, 99);
  app.clock.advanceSeconds(3 * day);
  await prune(app);
  await app.db.query(`
    INSERT INTO audit_events (id, created_at, event, batch_id) VALUES (gen_random_uuid(), now(), 'x', 1);
    DELETE FROM audit_events WHERE batch_id = 2;
    DELETE FROM audit_batches WHERE id = 2`);
  const { findings } = (await verify(app.db)).report;
  expect(findings.map(({ problem, from_batch }) => [problem, from_batch])).toEqual([
    ['events_without_batch', 1],
    ['batches_missing', 2],
  ]);
});

it('a batch that was only said to be old is kept', async () => {
  const app = await withThreeBatches({}, 1);
  await app.db.query(`UPDATE audit_batches SET sealed_at = sealed_at - interval '2 years' WHERE id = 1`);
  expect(await prune(app)).toBe(0);
  expect(await kept(app)).toEqual([1, 2, 3]);
});
