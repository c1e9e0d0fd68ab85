import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { createTestDatabase } from '../support/database.js';
import { call, expectProblem, expectStatus, register } from '../support/http.js';
import { currentKid, daySeconds, fallAsleep, keyRows, kidOf, lookAfterKeys, publishedKids } from './key-story.js';

const me = (app: TestApp, token: string) => call(app, 'GET', '/auth/me', { token });

describe('the life of a key', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  it('is next, current, retired and gone: published before it signs, and until its last token has expired', async () => {
    const [first, second] = (await keyRows(app)).map((row) => row.kid);
    expect(currentKid(app)).toBe(first);
    expect(await publishedKids(app)).toEqual([first, second]);

    // A session starts an hour before the rotation. Its access token outlives the rotation.
    app.clock.advanceSeconds(30 * daySeconds - 10);
    await lookAfterKeys(app);
    const before = await register(app);
    expect(kidOf(before.access_token)).toBe(first);

    app.clock.advanceSeconds(11);
    const after = await register(app);
    expect(kidOf(after.access_token)).toBe(second);
    await lookAfterKeys(app);
    const [, , third] = (await keyRows(app)).map((row) => row.kid);
    expect(await publishedKids(app)).toEqual([second, third, first]);

    app.clock.advanceSeconds(14 * 60);
    await expectStatus(me(app, before.access_token), 200);
    app.clock.advanceSeconds(60);
    await expectProblem(me(app, before.access_token), 401, 'token_expired');

    app.clock.advanceSeconds(5 * 60);
    await lookAfterKeys(app);
    expect(await publishedKids(app)).toEqual([second, third]);
    expect((await keyRows(app)).map((row) => row.kid)).toEqual([second, third]);
    await expectProblem(me(app, before.access_token), 401, 'token_invalid');
  });

  it('goes by the schedule alone: an instance that cannot ask the database signs with the next key in its time', async () => {
    const database = await createTestDatabase();
    const alone = await startApp({ database });
    const [first, second] = (await keyRows({ db: database })).map((row) => row.kid);
    await fallAsleep(alone);
    expect(currentKid(alone)).toBe(first);
    alone.clock.advanceSeconds(31 * daySeconds);
    expect(currentKid(alone)).toBe(second);
    // No instance created another, so it continues with the key it has.
    alone.clock.advanceSeconds(300 * daySeconds);
    expect(currentKid(alone)).toBe(second);
    await alone.close();
    await database.drop();
  });

  it('may be cached as long as JWKS_MAX_AGE says', async () => {
    const short = await startApp({ database: app.db, clock: app.clock, env: { JWKS_MAX_AGE: '90s' } });
    const { headers } = await call(short, 'GET', '/.well-known/jwks.json');
    expect(headers.get('cache-control')).toBe('public, max-age=90');
    await short.close();
  });
});
