import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import { runPawl } from './command.js';
import { currentKid, daySeconds, keyRows, lookAfterKeys } from './key-story.js';

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.close());

interface KeyEvent {
  event: string;
  details: Record<string, string>;
}

async function trailSince(rows: number): Promise<KeyEvent[]> {
  const events = await app.db.query<KeyEvent & Record<string, unknown>>(
    `SELECT event, details FROM audit_events WHERE event LIKE 'key.%' ORDER BY id`,
  );
  return events.slice(rows);
}

function keys(...args: string[]) {
  const env = { DATABASE_URL: app.db.url, AUTH_SECRET: testSecret };
  return runPawl(['keys', ...args], { env });
}

it('a first start makes two keys, and says so in the trail', async () => {
  const [current, next] = await keyRows(app);
  expect(await trailSince(0)).toEqual(
    [current!, next!].map(({ kid, algorithm, signs_from }) => ({
      event: 'key.made',
      details: { kid, by: 'schedule', algorithm, signs_from: signs_from.toISOString() },
    })),
  );
});

it('a rotation by the schedule: the old key retires, and one that waits is made; later it is deleted', async () => {
  const old = currentKid(app);
  app.clock.advanceSeconds(30 * daySeconds + 1);
  await lookAfterKeys(app);
  const [retired, , made] = await keyRows(app);
  expect((await trailSince(2)).map(({ event, details }) => [event, details.kid, details.by])).toEqual([
    ['key.retired', old, 'schedule'],
    ['key.made', made!.kid, 'schedule'],
  ]);
  expect((await trailSince(2))[0]!.details.verifies_until).toBe(retired!.verifies_until!.toISOString());

  app.clock.advanceSeconds(daySeconds);
  await lookAfterKeys(app);
  expect(await trailSince(4)).toEqual([{ event: 'key.deleted', details: { kid: old, by: 'schedule' } }]);
});

it('the operator’s actions are recorded as the operator’s', async () => {
  const [current, next] = await keyRows(app);
  const byOperator = async () =>
    (await trailSince(0)).flatMap(({ event, details }) => (details.by === 'operator' ? [[event, details.kid]] : []));
  expect((await keys('rotate')).code).toBe(0);
  const [, made] = await keyRows(app);
  const rotated = [
    ['key.deleted', next!.kid],
    ['key.made', made!.kid],
  ];
  expect(await byOperator()).toEqual(rotated);

  expect((await keys('revoke', current!.kid)).code).toBe(0);
  expect(await byOperator()).toEqual([...rotated, ['key.revoked', current!.kid], ['key.moved', made!.kid]]);
});

it('what was refused, and a look, leave nothing', async () => {
  expect((await keys('list')).code).toBe(0);
  expect((await keys('revoke', 'nobody')).code).toBe(1);
  expect(await trailSince(2)).toEqual([]);
});
