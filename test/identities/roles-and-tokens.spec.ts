import { Identities } from '../../src/identities/identities.service.js';
import { trailOf } from '../audit/trail.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, newEmail, refresh } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
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

it('the tokens of the provider are kept sealed if that is asked for, and not otherwise', async () => {
  arrive();
  const { body } = await signInAsApp(new Browser(app));
  const [row] = await app.db.query<{ id: string; text: string }>(
    'SELECT id, to_jsonb(i)::text AS text FROM identities i WHERE user_id = $1',
    [body.user.id],
  );
  const kept = await app.nest.get(Identities, { strict: false }).tokensOf(body.user.id as string, row!.id);
  expect(kept?.accessToken).toMatch(/^[\w-]{20,}$/);
  expect(row!.text).not.toContain(kept!.accessToken);
  expect(row!.text).not.toContain(Buffer.from(kept!.accessToken).toString('hex'));

  const on = await startAppForTest({ env: corpSettings(upstream) });
  await signInAsApp(new Browser(on));
  expect(await on.db.query('SELECT tokens_sealed FROM identities')).toEqual([{ tokens_sealed: null }]);
});
