import { Sessions } from '../../src/sessions/sessions.service.js';
import type { AuthenticationMethod } from '../../src/tokens/authentication.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectStatus, login, register } from '../support/http.js';
import { granted, pastGraceSeconds } from './refresh-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

interface SignInClaims {
  auth_time: number;
  amr: string[];
  acr: string;
}

function claimsOf({ access_token }: Pick<Tokens, 'access_token'>): SignInClaims {
  return JSON.parse(Buffer.from(access_token.split('.')[1]!, 'base64url').toString()) as SignInClaims;
}

const client = { ip: '203.0.113.7', userAgent: null };

/** Starts a session for a user that has no password, as another way in would. */
async function startSession(methods: AuthenticationMethod[]) {
  const { user } = await register(app);
  await app.db.query(`UPDATE users SET password_hash = '!' WHERE id = $1`, [user.id]);
  const proof = { userId: user.id, epoch: 0, methods, authenticatedAt: app.clock.now() };
  return { user, proof, started: await app.nest.get(Sessions).start(proof, { clientId: 'pawl', client }) };
}

describe('the claims about the sign-in', () => {
  it('of a registration and of a sign-in: a password, just now', async () => {
    const now = app.clock.nowSeconds();
    const registered = await register(app);
    for (const tokens of [registered, await login(app, registered.user.email)]) {
      const { auth_time, amr, acr } = claimsOf(tokens);
      expect({ amr, acr }).toEqual({ amr: ['pwd'], acr: 'aal1' });
      expect(auth_time).toBeGreaterThanOrEqual(now);
      expect(auth_time).toBeLessThanOrEqual(app.clock.nowSeconds());
    }
  });

  it('stay as they were through every kind of refresh', async () => {
    const first = await register(app);
    const { auth_time, amr, acr } = claimsOf(first);
    app.clock.advanceSeconds(pastGraceSeconds);
    const second = await granted(app, first, 'rotate');
    const responses = [second, await granted(app, second, 'hold'), await granted(app, first, 'replay')];
    app.clock.advanceSeconds(3600);
    responses.push(await granted(app, first, 'recover'));
    for (const tokens of responses) expect(claimsOf(tokens)).toMatchObject({ auth_time, amr, acr });
  });

  it('of a session from before there were any: a password, at its creation', async () => {
    const tokens = await register(app);
    const { auth_time } = claimsOf(tokens);
    // As the migration leaves a row that existed: the column is empty, and the methods have their default.
    await app.db.query('UPDATE sessions SET auth_time = NULL, amr = DEFAULT WHERE id = $1', [tokens.session_id]);
    app.clock.advanceSeconds(3600);
    const claims = claimsOf(await granted(app, tokens, 'rotate'));
    expect(claims).toMatchObject({ amr: ['pwd'], acr: 'aal1' });
    expect(Math.abs(claims.auth_time - auth_time)).toBeLessThanOrEqual(1);
  });

  it.each<[string, AuthenticationMethod[]]>([
    ['aal1', ['email']],
    ['aal2', ['pwd', 'otp', 'mfa']],
    ['aal2', ['hwk', 'user']],
  ])('%s for %j, of a user without a password', async (acr, methods) => {
    const { user, started } = await startSession(methods);
    const tokens = await granted(app, { refresh_token: started!.refreshToken }, 'rotate');
    expect(tokens.user.id).toBe(user.id);
    expect(claimsOf(tokens)).toMatchObject({ amr: methods, acr });
  });
});

describe('a proof that no longer holds starts no session', () => {
  it.each<[string, (userId: string) => Promise<unknown>]>([
    ['disabled', (id) => app.db.query('UPDATE users SET disabled = true WHERE id = $1', [id])],
    ['another epoch', (id) => app.db.query('UPDATE users SET epoch = epoch + 1 WHERE id = $1', [id])],
    ['deleted', (id) => app.db.query('DELETE FROM users WHERE id = $1', [id])],
  ])('%s, also without a password in it', async (_, change) => {
    const { user, proof } = await startSession(['email']);
    await change(user.id);
    const started = await app.nest.get(Sessions).start(proof, { clientId: 'pawl', client });
    expect(started).toBeUndefined();
  });

  it('another password, if one was part of it', async () => {
    const { proof } = await startSession(['email']);
    const sessions = app.nest.get(Sessions);
    const start = { clientId: 'pawl', client };
    expect(await sessions.start({ ...proof, expectedPasswordHash: 'another' }, start)).toBeUndefined();
    expect(await sessions.start({ ...proof, expectedPasswordHash: '!' }, start)).toBeDefined();
  });
});

it('the token is accepted with these claims', async () => {
  const { access_token } = await register(app);
  await expectStatus(call(app, 'GET', '/auth/me', { token: access_token }), 200);
});
