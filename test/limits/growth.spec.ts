import { basic, newClient, post } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, makeAdmin, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';

const off = {
  RATE_LIMITS: 'on',
  LIMIT_ACCOUNT_FAILURES: 'off',
  LIMIT_ADDRESS_FAILURES: 'off',
  LIMIT_REGISTER: 'off',
  LIMIT_REFRESH: 'off',
};

async function countEvents(app: TestApp, event: string): Promise<number> {
  const [row] = await app.db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM audit_events WHERE event = '${event}'`,
  );
  return row!.count;
}

describe('nobody can fill the audit trail with failed authentications of clients', () => {
  it.each(['/oauth/revoke', '/oauth/introspect', '/oauth/token'])('at POST %s', async (path) => {
    const app = await startAppForTest({ env: { ...off, LIMIT_CLIENT_FAILURES: '5/1h' } });
    const form = { token: 'x', grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'x' };
    const responses: Answer[] = [];
    for (let i = 0; i < 30; i++) responses.push(await post(app, path, form));
    expect(responses.map(({ status }) => status)).toEqual([
      ...Array<number>(5).fill(401),
      ...Array<number>(25).fill(429),
    ]);
    const last = responses.at(-1)!;
    expect(last.body).toMatchObject({ error: 'temporarily_unavailable' });
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(last.headers.get('ratelimit-policy')).toBe('"client-failures";q=5;w=3600');
    await app.nest.close();
    expect(await countEvents(app, 'client.refused')).toBe(5);
    expect(await countEvents(app, 'address.limited')).toBe(1);
  });

  it('one limit for all endpoints, which a client that authenticates does not notice', async () => {
    const app = await startAppForTest({ env: { ...off, LIMIT_CLIENT_FAILURES: '3/1h' } });
    const client = await newClient(app, await makeAdmin(app));
    const wrong = basic({ ...client, client_secret: 'pwls_wrong' });
    const statuses: number[] = [];
    for (const path of ['/oauth/revoke', '/oauth/introspect', '/oauth/token', '/oauth/revoke', '/oauth/introspect']) {
      statuses.push((await post(app, path, { token: 'x', grant_type: 'client_credentials' }, wrong)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    await expectStatus(post(app, '/oauth/introspect', { token: 'x' }, basic(client)), 200);
    await expectStatus(post(app, '/oauth/token', { grant_type: 'client_credentials' }, basic(client)), 200);
  });
});

describe('every failed authentication of a client counts for its address (attack: endless tries that are not counted)', () => {
  const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  const confidentialSignIn = (app: TestApp, clientId: string, secret: string) =>
    call(app, 'POST', '/auth/login', {
      body: { email: 'nobody@example.com', password: goodPassword, client_id: clientId },
      headers: Object.fromEntries(basic({ client_id: clientId, client_secret: secret })),
    });

  it.each([
    ['no client', {}, undefined],
    ['Basic that cannot be read', {}, 'Basic !'],
    ['an assertion that is not a JWT', { client_assertion_type: assertionType, client_assertion: 'a.b.c' }, undefined],
  ])('at /oauth/*: %s', async (_, form, authorization) => {
    const headers = authorization === undefined ? [] : ([['Authorization', authorization]] as const);
    const app = await startAppForTest({ env: { ...off, LIMIT_CLIENT_FAILURES: '2/1h' } });
    const statuses: number[] = [];
    for (const path of ['/oauth/revoke', '/oauth/introspect', '/oauth/token']) {
      const fields = { token: 'x', grant_type: 'client_credentials', ...form };
      statuses.push((await post(app, path, fields, headers)).status);
    }
    expect(statuses).toEqual([401, 401, 429]);
  });

  it('at /auth/login, together with those at /oauth/*', async () => {
    const app = await startAppForTest({ env: { ...off, LIMIT_CLIENT_FAILURES: '3/1h' } });
    const admin = await makeAdmin(app);
    const client = await newClient(app, admin, { grant_types: ['refresh_token'] });
    const wrong = { ...client, client_secret: 'pwls_wrong' };
    await expectStatus(post(app, '/oauth/introspect', { token: 'x' }, basic(wrong)), 401);
    for (const clientId of [client.client_id, 'nobody']) {
      await expectProblem(confidentialSignIn(app, clientId, 'pwls_wrong'), 400, 'validation_failed');
    }
    await expectProblem(confidentialSignIn(app, client.client_id, 'pwls_wrong'), 429, 'rate_limited');
    // The client itself is not limited: only the password is wrong.
    await expectProblem(confidentialSignIn(app, client.client_id, client.client_secret), 401, 'invalid_credentials');
    await app.nest.close();
    expect(await countEvents(app, 'client.refused')).toBe(3);
  });
});

describe('no user can fill the audit trail with changes and exports', () => {
  const patch = (app: TestApp, { access_token: token }: Tokens, name: string) =>
    call(app, 'PATCH', '/auth/me', { token, body: { name } });
  const exportAll = (app: TestApp, { access_token: token }: Tokens) => call(app, 'GET', '/auth/me/export', { token });

  it('they share one limit of the account, over all of its sessions', async () => {
    const app = await startAppForTest({ env: { ...off, LIMIT_ACCOUNT_CHANGES: '4/1h' } });
    const one = await register(app);
    const other = await register(app);
    for (const name of ['a', 'b']) await expectStatus(patch(app, one, name), 200);
    await expectStatus(exportAll(app, one), 200);
    await expectProblem(
      call(app, 'POST', '/auth/password', {
        token: one.access_token,
        body: { current_password: 'wrong', new_password: 'another correct horse battery' },
      }),
      403,
      'password_incorrect',
    );
    const again = (await expectStatus(
      call(app, 'POST', '/auth/login', { body: { email: one.user.email, password: goodPassword } }),
      200,
    )) as Tokens;
    for (let i = 0; i < 5; i++) {
      const { headers } = await expectProblem(patch(app, again, `c${i}`), 429, 'rate_limited');
      expect(headers.get('ratelimit-policy')).toBe('"account-changes";q=4;w=3600');
      await expectProblem(exportAll(app, one), 429, 'rate_limited');
    }
    expect(await countEvents(app, 'user.renamed')).toBe(2);
    expect(await countEvents(app, 'user.data_exported')).toBe(1);
    await expectStatus(patch(app, other, 'c'), 200);
  });
});
