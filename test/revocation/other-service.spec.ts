import { closeOf, get, openSocket, startServiceForTest } from '../../packages/nest/test/guard/service.js';
import { deleteClient, issuer, newClient, serviceToken } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectStatus, login, makeAdmin, register } from '../support/http.js';
import { metric } from '../support/metrics.js';
import { startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** Where the service finds Pawl: not at the issuer, as inside a cluster. */
const jwksUri = (pawl: Pick<TestApp, 'url'>) => `${pawl.url}/.well-known/jwks.json`;

async function following(pawl: TestApp) {
  const client = await newClient(pawl, await makeAdmin(pawl), {
    grant_types: ['client_credentials'],
    scope: 'revocations',
  });
  const revocation = { clientId: client.client_id, clientSecret: client.client_secret };
  return startServiceForTest({ issuer, jwksUri: jwksUri(pawl), revocation });
}

describe('a service that follows the feed with @pawl/nest', () => {
  it('refuses a user who has signed out, and closes the WebSocket', async () => {
    const service = await following(app);
    const { access_token: token, user } = await register(app);
    expect(await get(service, 'user', token)).toMatchObject({ status: 200, userId: user.id });
    const closed = closeOf(await openSocket(service, '/socket', token));
    await expectStatus(call(app, 'POST', '/auth/logout', { token }), 204);
    expect(await closed).toEqual([4401, 'token_revoked']);
    expect(await get(service, 'user', token)).toMatchObject({ status: 401, code: 'token_revoked' });
  });

  it('knows what was revoked before it started', async () => {
    const { access_token: token } = await register(app);
    await expectStatus(call(app, 'POST', '/auth/logout', { token }), 204);
    expect(await get(await following(app), 'user', token)).toMatchObject({ code: 'token_revoked' });
  });

  it('refuses the old role of a demoted admin, and accepts the new token', async () => {
    const service = await following(app);
    const [admin, other] = [await makeAdmin(app), await makeAdmin(app)];
    expect((await get(service, 'admin', other.access_token)).status).toBe(200);
    const change = { token: admin.access_token, body: { role: 'user' } };
    await expectStatus(call(app, 'PATCH', `/users/${other.user.id}`, change), 200);
    await until(async () => (await get(service, 'admin', other.access_token)).code === 'token_revoked');
    const { access_token: token } = await login(app, other.user.email);
    expect(await get(service, 'admin', token)).toMatchObject({ code: 'forbidden' });
    expect((await get(service, 'user', token)).status).toBe(200);
  });

  it('refuses the tokens of a client that was deleted', async () => {
    const service = await following(app);
    const admin = await makeAdmin(app);
    const client = await newClient(app, admin, { grant_types: ['client_credentials'] });
    const token = await serviceToken(app, client);
    expect((await get(service, 'any', token)).status).toBe(200);
    expect((await deleteClient(app, admin, client)).status).toBe(204);
    await until(async () => (await get(service, 'any', token)).code === 'token_revoked');
  });

  it('goes on with what it knows while Pawl is away', async () => {
    const pawl = await startAppForTest();
    const service = await following(pawl);
    const [kept, revoked] = [await register(pawl), await register(pawl)];
    for (const { access_token: token } of [kept, revoked]) {
      expect((await get(service, 'user', token)).status).toBe(200);
    }
    await expectStatus(call(pawl, 'POST', '/auth/logout', { token: revoked.access_token }), 204);
    await until(async () => (await get(service, 'user', revoked.access_token)).status === 401);
    await pawl.close();
    expect((await get(service, 'user', kept.access_token)).status).toBe(200);
    expect(await get(service, 'user', revoked.access_token)).toMatchObject({ code: 'token_revoked' });
  });

  it('replaces its own token before that expires, and misses nothing', async () => {
    const pawl = await startAppForTest({ env: { ACCESS_TOKEN_TTL: '5s' } });
    const service = await following(pawl);
    // Streams that the follower has closed itself, each for one with a new token.
    await until(async () => (await metric(pawl, 'pawl_revocation_streams_ended_total{reason="closed"}'))! >= 2);
    const { access_token: token } = await register(pawl);
    expect((await get(service, 'user', token)).status).toBe(200);
    await expectStatus(call(pawl, 'POST', '/auth/logout', { token }), 204);
    await until(async () => (await get(service, 'user', token)).code === 'token_revoked');
  });
});

describe('a service that introspects with @pawl/nest', () => {
  const introspecting = async (pawl: TestApp) => {
    const client = await newClient(pawl, await makeAdmin(pawl), { grant_types: [] });
    const { client_id: clientId, client_secret: clientSecret } = client;
    return startServiceForTest({ issuer, jwksUri: jwksUri(pawl), revocation: 'introspection', clientId, clientSecret });
  };

  it.each(['ES256', 'HS256'])('verifies %s, and refuses a user who has signed out', async (algorithm) => {
    const pawl = await startAppForTest({ env: { JWT_ALGORITHM: algorithm } });
    const service = await introspecting(pawl);
    const { access_token: token, refresh_token: refreshToken, user } = await register(pawl);
    expect(await get(service, 'user', token)).toMatchObject({ status: 200, userId: user.id });
    expect(await get(service, 'user', refreshToken)).toMatchObject({ code: 'token_invalid' });
    await expectStatus(call(pawl, 'POST', '/auth/logout', { token }), 204);
    expect(await get(service, 'user', token)).toMatchObject({ status: 401, code: 'token_invalid' });
  });

  it('refuses everybody while Pawl is away', async () => {
    const pawl = await startAppForTest();
    const service = await introspecting(pawl);
    const { access_token: token } = await register(pawl);
    await pawl.close();
    const refused = await get(service, 'user', token);
    expect(refused).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

it('a service that has only the published keys refuses HS256, which anybody with the secret could sign', async () => {
  const pawl = await startAppForTest({ env: { JWT_ALGORITHM: 'HS256' } });
  const service = await startServiceForTest({ issuer, jwksUri: jwksUri(pawl), revocation: 'off' });
  const { access_token: token } = await register(pawl);
  expect(await get(service, 'user', token)).toMatchObject({ status: 401, code: 'token_invalid' });
});

it('a service that starts before Pawl responds with 503 until it knows what was revoked', async () => {
  const revocation = { clientId: 'orders', clientSecret: 'secret' };
  const away = 'http://127.0.0.1:9/.well-known/jwks.json';
  const service = await startServiceForTest({ issuer, jwksUri: away, revocation });
  const { access_token: token } = await register(app);
  expect(await get(service, 'user', token)).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
  expect((await get(service, 'open')).status).toBe(200);
});
