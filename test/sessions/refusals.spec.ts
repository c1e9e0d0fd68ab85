import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, makeAdmin, refresh, register } from '../support/http.js';
import { accessStatus, granted, pastGraceSeconds, storedSession, tampered } from './refresh-story.js';

const idleSeconds = 30 * 86_400;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('something that is not a token of ours', () => {
  let tokens: Tokens;
  beforeAll(async () => {
    tokens = await register(app);
  });

  const broken: [what: string, (good: string) => string][] = [
    ['nothing', () => ''],
    ['another prefix', (good) => good.replace('pwl1_', 'pwl2_')],
    ['no prefix', (good) => good.slice(5)],
    ['one character less', (good) => good.slice(0, -1)],
    ['one character more', (good) => `${good}A`],
    ['a line end after it', (good) => `${good}\n`],
    ['a character outside of base64url', (good) => `${good.slice(0, -1)}+`],
    ['padding', (good) => `${good}==`],
    ['an access token', () => tokens.access_token],
    ['another key id', (good) => tampered(good, 0)],
    ['another user', (good) => tampered(good, 4)],
    ['another session', (good) => tampered(good, 20)],
    ['another generation', (good) => tampered(good, 36)],
    ['another lane', (good) => tampered(good, 40)],
    ['another secret', (good) => tampered(good, 48)],
    ['another tag', (good) => tampered(good, 80)],
    ['another end of the tag', (good) => tampered(good, 95)],
    ['random bytes all over', (good) => tampered(good, 4, 92)],
    ['60,000 characters', (good) => good + 'A'.repeat(60_000)],
  ];
  it.each(broken)('%s is refresh_invalid, and the session continues', async (_, change) => {
    await expectProblem(refresh(app, change(tokens.refresh_token)), 401, 'refresh_invalid');
    expect((await storedSession(app, tokens)).revoked_reason).toBeNull();
  });

  it.each([[42], [{ token: 'pwl1_' }], [['pwl1_']], [true], [null]])('%j is refused by the schema', async (value) => {
    const response = await expectProblem(refresh(app, value), 400, 'validation_failed');
    expect(response.body).toMatchObject({ errors: [{ path: 'refresh_token' }] });
  });

  it.each([[undefined], [{}]])('the body %j contains none', async (body) => {
    await expectProblem(call(app, 'POST', '/auth/refresh', { body }), 401, 'refresh_missing');
  });

  it('after all that, the good one still works', async () => {
    await granted(app, tokens, 'rotate');
  });
});

describe('another client’s token', () => {
  it('is refresh_invalid and changes nothing, and its own client continues', async () => {
    const tokens = await register(app);
    await app.db.query(`UPDATE sessions SET client_id = 'other' WHERE id = $1`, [tokens.session_id]);
    const before = await storedSession(app, tokens);
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'refresh_invalid');
    expect(await storedSession(app, tokens)).toEqual(before);
    await app.db.query(`UPDATE sessions SET client_id = 'pawl' WHERE id = $1`, [tokens.session_id]);
    await granted(app, tokens, 'rotate');
  });

  it('is not recovered either', async () => {
    const tokens = await register(app);
    await granted(app, tokens, 'rotate');
    app.clock.advanceSeconds(pastGraceSeconds);
    await app.db.query(`UPDATE sessions SET client_id = 'other' WHERE id = $1`, [tokens.session_id]);
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'refresh_invalid');
  });
});

describe('a session that has ended', () => {
  it('is session_revoked for each of its tokens', async () => {
    const first = await register(app);
    const second = await granted(app, first, 'rotate');
    await expectStatus(call(app, 'POST', '/auth/logout', { token: second.access_token }), 204);
    for (const { refresh_token } of [first, second]) {
      await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
    }
    expect((await storedSession(app, first)).revoked_reason).toBe('logout');
  });

  it('is session_revoked when its row is gone', async () => {
    const tokens = await register(app);
    await app.db.query('DELETE FROM sessions WHERE id = $1', [tokens.session_id]);
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'session_revoked');
  });

  it('stays ended when a disabled user is enabled again', async () => {
    const admin = await makeAdmin(app);
    const tokens = await register(app);
    const disable = (disabled: boolean) =>
      call(app, 'PATCH', `/users/${tokens.user.id}`, { token: admin.access_token, body: { disabled } });
    await expectStatus(disable(true), 200);
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'session_revoked');
    await expectStatus(disable(false), 200);
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'session_revoked');
    expect(await accessStatus(app, tokens)).toBe(401);
  });

  it('a disabled user is refused even if no session was revoked', async () => {
    const tokens = await register(app);
    const child = await granted(app, tokens, 'rotate');
    await app.db.query('UPDATE users SET disabled = true WHERE id = $1', [tokens.user.id]);
    for (const { refresh_token } of [tokens, child]) {
      await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
    }
    app.clock.advanceSeconds(pastGraceSeconds);
    for (const { refresh_token } of [child, tokens]) {
      await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
    }
  });
});

describe('time', () => {
  it('a session at the end of its idle time continues; a minute later it is refresh_expired', async () => {
    const tokens = await register(app);
    app.clock.advanceSeconds(idleSeconds - 60);
    const child = await granted(app, tokens, 'rotate');
    app.clock.advanceSeconds(idleSeconds + 60);
    await expectProblem(refresh(app, child.refresh_token), 401, 'refresh_expired');
  });

  it('a recovery counts as a use, and is too late after the idle time', async () => {
    const tokens = await register(app);
    await granted(app, tokens, 'rotate');
    app.clock.advanceSeconds(idleSeconds - 60);
    await granted(app, tokens, 'recover');
    app.clock.advanceSeconds(idleSeconds - 60);
    await granted(app, tokens, 'recover');
    app.clock.advanceSeconds(idleSeconds + 60);
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'refresh_expired');
  });

  it('a session ends after 180 days, however often it was used', async () => {
    let tokens = await register(app);
    for (let day = 0; day < 175; day += 25) {
      tokens = await granted(app, tokens, 'rotate');
      app.clock.advanceSeconds(25 * 86_400);
    }
    tokens = await granted(app, tokens, 'rotate');
    app.clock.advanceSeconds(5 * 86_400);
    await expectProblem(refresh(app, tokens.refresh_token), 401, 'refresh_expired');
  });

  it('no token brings an expired session back, and reuse of one is not audited', async () => {
    const first = await register(app);
    const second = await granted(app, first, 'rotate');
    app.clock.advanceSeconds(pastGraceSeconds);
    const third = await granted(app, second, 'rotate');
    app.clock.advanceSeconds(idleSeconds + 60);
    for (const { refresh_token } of [third, second, first]) {
      await expectProblem(refresh(app, refresh_token), 401, 'refresh_expired');
    }
    expect((await storedSession(app, first)).revoked_reason).toBeNull();
  });
});

describe('a database that is older than the tokens', () => {
  it('does not treat a newer token as theft: it is refused, and nothing is revoked', async () => {
    const first = await register(app);
    const second = await granted(app, first, 'rotate');
    app.clock.advanceSeconds(pastGraceSeconds);
    const backup = 'token_hash, sibling_hash, rotation_nonce, key_id, parent_lane, rotated_at, seen_at, generation';
    await app.db.query(`CREATE TABLE backup AS SELECT ${backup} FROM sessions WHERE id = $1`, [first.session_id]);
    const third = await granted(app, second, 'rotate');
    await app.db.query(`UPDATE sessions SET (${backup}) = (SELECT ${backup} FROM backup) WHERE id = $1`, [
      first.session_id,
    ]);
    await app.db.query('DROP TABLE backup');

    await expectProblem(refresh(app, third.refresh_token), 401, 'refresh_invalid');
    expect((await storedSession(app, first)).revoked_reason).toBeNull();
    await granted(app, second, 'rotate');
  });
});

describe('a row derived under a key that this instance does not have', () => {
  it('is 503 for child and parent, never reuse, and nothing is written', async () => {
    const parent = await register(app);
    const child = await granted(app, parent, 'rotate');
    const { key_id } = (
      await app.db.query<{ key_id: Buffer }>('SELECT key_id FROM sessions WHERE id = $1', [parent.session_id])
    )[0]!;
    const setKeyId = (id: Buffer) =>
      app.db.query('UPDATE sessions SET key_id = $2 WHERE id = $1', [parent.session_id, id]);
    await setKeyId(Buffer.alloc(4));
    const before = await storedSession(app, parent);

    for (const wait of [0, pastGraceSeconds]) {
      app.clock.advanceSeconds(wait);
      for (const { refresh_token } of [child, parent]) {
        const { headers } = await expectProblem(refresh(app, refresh_token), 503, 'temporarily_unavailable');
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
    }

    expect(await storedSession(app, parent)).toEqual(before);
    await setKeyId(key_id);
    await granted(app, child, 'rotate');
  });
});
