import { createLocalJWKSet, jwtVerify } from 'jose';
import { Notifications } from '../../src/database/notifications.js';
import { AccessTokens } from '../../src/tokens/access-token.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectProblem, expectStatus, login, refresh, register } from '../support/http.js';
import { until } from '../support/until.js';
import {
  currentKid,
  daySeconds,
  fallAsleep,
  keyRows,
  kidOf,
  lookAfterKeys,
  publishedKids,
  revokeKey,
} from './key-story.js';

const me = (app: TestApp, token: string) => call(app, 'GET', '/auth/me', { token });

describe('a revoked key', () => {
  let db: TestDatabase;
  let one: TestApp;
  let two: TestApp;
  beforeEach(async () => {
    db = await createTestDatabase();
    one = await startApp({ database: db });
    two = await startApp({ database: db, clock: one.clock });
  });
  afterEach(async () => {
    await one.close();
    await two.close();
    await db.drop();
  });
  const refusedAt = (app: TestApp, token: string) => until(async () => (await me(app, token)).status === 401);

  it('is refused on every instance at once, although they had verified and remembered its tokens', async () => {
    const { access_token: token } = await register(one);
    for (const app of [one, two, one, two]) await expectStatus(me(app, token), 200);
    await revokeKey(one, kidOf(token));
    for (const app of [one, two]) {
      await refusedAt(app, token);
      await expectProblem(me(app, token), 401, 'token_invalid');
      expect(await publishedKids(app)).not.toContain(kidOf(token));
    }
  });

  it('that was signing is replaced at once by the next, which every verifier knows already', async () => {
    const cached = createLocalJWKSet((await call(one, 'GET', '/.well-known/jwks.json')).body);
    const before = await register(one);
    const [current, next] = await publishedKids(one);
    await revokeKey(two, current!);
    await until(() => currentKid(one) === next && currentKid(two) === next);

    // Refresh tokens do not hang on it: nobody is signed out.
    const { access_token: token } = await expectStatus(refresh(one, before.refresh_token), 200);
    expect(kidOf(token)).toBe(next);
    for (const app of [one, two]) await expectStatus(me(app, token), 200);
    await jwtVerify(token, cached);

    // And the one after that is made and published.
    await lookAfterKeys(two);
    expect(await publishedKids(two)).toHaveLength(2);
  });

  it('without a waiting key is replaced by a new one that signs at once, and no instance refuses its tokens', async () => {
    await db.query('DELETE FROM signing_keys WHERE signs_from > now()');
    const before = await register(one);
    await fallAsleep(two);
    await revokeKey(one, kidOf(before.access_token));
    await until(() => currentKid(one) !== kidOf(before.access_token));
    const { access_token: token } = await register(one);
    await expectStatus(me(two, token), 200);
    await expectProblem(me(two, before.access_token), 401, 'token_invalid');
  });

  it('that had retired does not affect other keys', async () => {
    one.clock.advanceSeconds(30 * daySeconds - 30);
    const { user, access_token: old } = await register(one);
    one.clock.advanceSeconds(60);
    const { access_token: fresh } = await login(one, user.email);
    await lookAfterKeys(one);
    for (const app of [one, two]) for (const token of [old, fresh]) await expectStatus(me(app, token), 200);
    await revokeKey(one, kidOf(old));
    for (const app of [one, two]) {
      await refusedAt(app, old);
      await expectStatus(me(app, fresh), 200);
    }
  });

  it('clears the memory of verified tokens, so that each is verified again', async () => {
    one.clock.advanceSeconds(30 * daySeconds - 30);
    const { user, access_token: old } = await register(one);
    one.clock.advanceSeconds(60);
    const { access_token: fresh } = await login(one, user.email);
    await lookAfterKeys(one);
    for (const token of [old, fresh]) await expectStatus(me(one, token), 200);
    const memory = one.nest.get(AccessTokens);
    expect([memory.recall(old), memory.recall(fresh)]).toEqual([expect.anything(), expect.anything()]);

    await revokeKey(one, kidOf(old));
    await refusedAt(one, old);
    expect([memory.recall(old), memory.recall(fresh)]).toEqual([undefined, undefined]);
    await expectStatus(me(one, fresh), 200);
    expect(memory.recall(fresh)).toBeDefined();
  });

  it('that never signed is deleted, and another takes its place', async () => {
    const [current, next] = await publishedKids(one);
    await revokeKey(one, next!);
    await lookAfterKeys(two);
    const kids = (await keyRows({ db })).map((row) => row.kid);
    expect(kids).toHaveLength(2);
    expect(kids[0]).toBe(current);
    expect(kids[1]).not.toBe(next);
    expect(currentKid(one)).toBe(current);
  });

  it('is also refused by an instance without the feed, after its next reading', async () => {
    const { access_token: token } = await register(one);
    await expectStatus(me(two, token), 200);
    await two.nest.get(Notifications).beforeApplicationShutdown();
    await revokeKey(one, kidOf(token));
    await refusedAt(two, token);
  });

  it('stays refused after a restart, and is deleted after 30 days', async () => {
    const { access_token: token } = await register(one);
    await revokeKey(one, kidOf(token));
    const restarted = await startApp({ database: db, clock: one.clock });
    await expectProblem(me(restarted, token), 401, 'token_invalid');
    one.clock.advanceSeconds(31 * daySeconds);
    await lookAfterKeys(restarted);
    expect((await keyRows({ db })).map((row) => row.kid)).not.toContain(kidOf(token));
    await expectProblem(me(restarted, token), 401, 'token_invalid');
    await restarted.close();
  });
});
