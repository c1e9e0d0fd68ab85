import { trailOf } from '../audit/trail.js';
import { addApp, codeOf, registerWithApp, respond } from '../factors/factor-story.js';
import { mailsTo, tokenIn } from '../mail/mailbox.js';
import { newClient, serviceToken } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, makeAdmin, newEmail, refresh } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';
import { Browser, signInAsApp } from './browser.js';
import type { Upstream } from './upstream.js';
import { corpSettings, startUpstream } from './upstream.js';

let upstream: Upstream;
let app: TestApp;
beforeAll(async () => {
  upstream = await startUpstream({ sub: 'ada' });
  const more = { ROLES: 'editor', PROVIDER_CORP_ROLE_CLAIM: 'groups', PROVIDER_CORP_KEEP_TOKENS: 'on' };
  app = await startApp({ env: corpSettings(upstream, more) });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

function arrive(groups?: unknown): string {
  const email = newEmail();
  upstream.person = { sub: email, email, email_verified: true, groups };
  return email;
}

const roleIn = async (on = app) => (await signInAsApp(new Browser(on))).body.user.role as string;

it.each([
  ['a list with one of ours', ['staff', 'editor'], 'editor'],
  ['the highest of several', ['editor', 'admin'], 'admin'],
  ['a text', 'editor', 'editor'],
  ['a role that we do not have', ['root'], 'user'],
  ['nothing', undefined, 'user'],
  ['something else', { editor: true }, 'user'],
])('the claim is %s', async (_, groups, role) => {
  arrive(groups);
  expect(await roleIn()).toBe(role);
});

it('a new role refuses the access tokens with the old one, and is audited', async () => {
  arrive(['editor']);
  const { body: before } = await signInAsApp(new Browser(app));
  upstream.person.groups = [];
  expect(await roleIn()).toBe('user');
  await expectProblem(call(app, 'GET', '/auth/me', { token: before.access_token }), 401, 'token_revoked');
  expect((await refresh(app, before.refresh_token)).body.user).toMatchObject({ role: 'user' });
  expect(await trailOf(app.db, before.user.id as string)).toContainEqual(
    expect.objectContaining({
      event: 'user.role_changed',
      details: { role: 'user', by: 'provider', provider: 'corp' },
    }),
  );
});

describe('a role of the provider takes effect when the sign-in is complete, and not before', () => {
  /** A user whose account here has the role `user`, while the provider says `editor` by now. */
  async function promoted(change: string) {
    arrive([]);
    const { body: tokens } = await signInAsApp(new Browser(app));
    await app.db.query(`UPDATE users SET ${change} WHERE id = $1`, [tokens.user.id]);
    upstream.person.groups = ['editor'];
    const storedRole = async () =>
      (await app.db.query<{ role: string }>('SELECT role FROM users WHERE id = $1', [tokens.user.id]))[0]!.role;
    return { tokens, storedRole };
  }

  it.each([
    ['disabled = true', 'account_disabled'],
    ['second_factor = true', 'second_factor_required'],
    ['disabled = true, second_factor = true', 'account_disabled'],
  ])('an account with %s keeps its role and its tokens: %s', async (change, code) => {
    const { tokens, storedRole } = await promoted(change);
    expect((await signInAsApp(new Browser(app))).body).toMatchObject({ code });
    expect(await storedRole()).toBe('user');
    await app.db.query('UPDATE users SET disabled = false WHERE id = $1', [tokens.user.id]);
    await expectStatus(call(app, 'GET', '/auth/me', { token: tokens.access_token }), 200);
  });

  it('an account with a second factor gets it with the response to the challenge, and the sign-in is recorded', async () => {
    arrive([]);
    const { body: tokens } = await signInAsApp(new Browser(app));
    const user = await addApp(app, tokens);
    upstream.person.groups = ['editor'];
    const { body: asked } = await signInAsApp(new Browser(app));
    const lastUse = async () =>
      (
        await app.db.query<{ at: Date }>('SELECT last_used_at AS at FROM identities WHERE user_id = $1', [
          tokens.user.id,
        ])
      )[0]!.at;
    const before = await lastUse();
    const { challenge } = asked;
    await expectProblem(respond(app, { challenge, code: codeOf(user, app, 40) }), 401, 'factor_invalid');
    await expectStatus(call(app, 'GET', '/auth/me', { token: user.tokens.access_token }), 200);
    const signedIn = await expectStatus(respond(app, { challenge, code: codeOf(user, app) }), 200);
    expect(signedIn.user).toMatchObject({ role: 'editor' });
    expect(await expectStatus(call(app, 'GET', '/auth/me', { token: signedIn.access_token }), 200)).toMatchObject({
      role: 'editor',
    });
    await expectProblem(call(app, 'GET', '/auth/me', { token: user.tokens.access_token }), 401, 'token_revoked');
    expect((await lastUse()).getTime()).toBeGreaterThan(before.getTime());
  });

  it('another way in does not bring it', async () => {
    arrive([]);
    const { body: tokens } = await signInAsApp(new Browser(app));
    const user = await addApp(app, tokens);
    upstream.person.groups = ['editor'];
    await signInAsApp(new Browser(app));
    await expectStatus(call(app, 'POST', '/auth/link', { body: { email: user.email } }), 202);
    const token = tokenIn((await mailsTo(app, user.email)).at(-1));
    const { body } = await call(app, 'POST', '/auth/link/login', { body: { token } });
    const signedIn = await expectStatus(respond(app, { challenge: body.challenge, code: codeOf(user, app) }), 200);
    expect(signedIn.user).toMatchObject({ role: 'user' });
  });
});

it('the last admin stays one, whatever the provider says', async () => {
  const on = await startAppForTest({ env: corpSettings(upstream, { PROVIDER_CORP_ROLE_CLAIM: 'groups' }) });
  arrive(['admin']);
  expect(await roleIn(on)).toBe('admin');
  upstream.person.groups = [];
  expect(await roleIn(on)).toBe('admin');
});

it('roles are not mapped unless a claim is named', async () => {
  const on = await startAppForTest({ env: corpSettings(upstream) });
  arrive(['admin']);
  expect(await roleIn(on)).toBe('user');
});

describe('the tokens of the provider', () => {
  const path = (userId: string, provider = 'corp') => `/oauth/provider-tokens?user_id=${userId}&provider=${provider}`;
  const keptBy = (on: TestApp, userId: string) =>
    on.db.query<{ text: string; tokens_sealed: Buffer | null }>(
      'SELECT tokens_sealed, to_jsonb(i)::text AS text FROM identities i WHERE user_id = $1',
      [userId],
    );

  async function service(on: TestApp, scope = 'provider_tokens') {
    const client = await newClient(on, await makeAdmin(on), { scope });
    return { client, token: await serviceToken(on, client) };
  }

  it('are kept sealed if that is asked for, for a service with the scope, and each reading is audited', async () => {
    arrive();
    const { body: tokens } = await signInAsApp(new Browser(app));
    const id = tokens.user.id as string;
    const { client, token } = await service(app);
    const { accounts } = await expectStatus(call(app, 'GET', path(id), { token }), 200);
    expect(accounts).toEqual([
      {
        subject: upstream.person.sub,
        access_token: expect.stringMatching(/^[\w-]{20,}$/),
        refresh_token: null,
        access_token_expires_at: expect.stringMatching(/^\d{4}-/),
      },
    ]);
    // They are those of the provider: its UserInfo endpoint accepts them.
    const headers = { authorization: `Bearer ${accounts[0].access_token}` };
    const info = await fetch(`${upstream.issuer}/me`, { headers });
    expect(await info.json()).toMatchObject({ sub: upstream.person.sub });
    const [row] = await keptBy(app, id);
    expect(row!.text).not.toContain(accounts[0].access_token);
    expect(row!.text).not.toContain(Buffer.from(accounts[0].access_token as string).toString('hex'));
    expect(await trailOf(app.db, id)).toContainEqual(
      expect.objectContaining({ event: 'identity.tokens_read', details: { provider: 'corp' } }),
    );
    expect(client.client_id).not.toBe('');
  });

  it('are left out when they are damaged, and the log names the account', async () => {
    const log = recordingDestination();
    const env = corpSettings(upstream, { PROVIDER_CORP_KEEP_TOKENS: 'on', LOG_LEVEL: 'error' });
    const own = await startAppForTest({ env, logDestination: log });
    arrive();
    const { body: tokens } = await signInAsApp(new Browser(own));
    const id = tokens.user.id as string;
    const { token } = await service(own);
    const [row] = await own.db.query<{ id: string }>(
      'UPDATE identities SET tokens_sealed = sha256(tokens_sealed) WHERE user_id = $1 RETURNING id',
      [id],
    );
    expect(await expectStatus(call(own, 'GET', path(id), { token }), 200)).toEqual({ accounts: [] });
    await until(() => log.lines.length > 0);
    expect(log.entries()[0]).toMatchObject({ identityId: row!.id, userId: id });
  });

  it('are returned to no user, no admin and no service without the scope (attack: tokens of others)', async () => {
    arrive();
    const { body: tokens } = await signInAsApp(new Browser(app));
    const admin = await makeAdmin(app);
    const id = tokens.user.id as string;
    for (const token of [tokens.access_token, admin.access_token]) {
      await expectProblem(call(app, 'GET', path(id), { token }), 403, 'client_required');
    }
    await expectProblem(call(app, 'GET', path(id)), 401, 'token_missing');
    for (const scope of ['revocations', 'account', 'admin', '']) {
      const { token } = await service(app, scope);
      await expectProblem(call(app, 'GET', path(id), { token }), 403, 'insufficient_scope');
    }
    // A client with the scope that acts for a user is not the service itself.
    const client = await newClient(app, admin, {
      scope: 'provider_tokens',
      token_endpoint_auth_method: 'none',
      grant_types: ['refresh_token'],
    });
    const asUser = await signInAsApp(new Browser(app), { more: { client_id: client.client_id } });
    await expectProblem(call(app, 'GET', path(id), { token: asUser.body.access_token }), 403, 'client_required');
  });

  it('of nobody, of a disabled user, of another provider and of a deleted connection are none', async () => {
    arrive();
    const { body: tokens } = await signInAsApp(new Browser(app));
    const id = tokens.user.id as string;
    const { token } = await service(app);
    const none = async (userId: string, provider?: string) =>
      expect(await expectStatus(call(app, 'GET', path(userId, provider), { token }), 200)).toEqual({ accounts: [] });
    await none('019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e');
    await none(id, 'google');
    await expectProblem(call(app, 'GET', path('x'), { token }), 400, 'validation_failed');
    await app.db.query('UPDATE users SET disabled = true WHERE id = $1', [id]);
    await none(id);
    await app.db.query('UPDATE users SET disabled = false WHERE id = $1', [id]);
    await app.db.query('DELETE FROM identities WHERE user_id = $1', [id]);
    await none(id);
  });

  it('are kept when the sign-in is complete, also of an identity that joins by address (attack: half a sign-in that stores)', async () => {
    const user = await registerWithApp(app);
    upstream.person = { sub: user.email, email: user.email, email_verified: true };
    const { body: asked } = await signInAsApp(new Browser(app));
    expect(asked).toMatchObject({ code: 'second_factor_required' });
    const id = user.tokens.user.id;
    const stored = async () => (await keptBy(app, id)).map(({ tokens_sealed: sealed }) => sealed !== null);
    expect(await stored()).toEqual([false]);
    await expectStatus(respond(app, { challenge: asked.challenge, code: codeOf(user, app) }), 200);
    expect(await stored()).toEqual([true]);
  });

  it('are neither kept nor returned unless that is asked for, and are deleted by the next sign-in', async () => {
    const email = arrive();
    const { body: tokens } = await signInAsApp(new Browser(app));
    const id = tokens.user.id as string;
    const on = await startAppForTest({ env: corpSettings(upstream), database: app.db });
    const { token } = await service(on);
    expect((await keptBy(on, id))[0]!.tokens_sealed).not.toBeNull();
    expect(await expectStatus(call(on, 'GET', path(id), { token }), 200)).toEqual({ accounts: [] });
    upstream.person = { sub: email, email };
    await signInAsApp(new Browser(on));
    expect((await keptBy(on, id))[0]!.tokens_sealed).toBeNull();
  });
});
