import { randomUUID } from 'node:crypto';
import { lastValueFrom } from 'rxjs';
import { until } from '../../../../test/support/until.js';
import type { TestIssuer } from '../../src/testing/test-issuer.js';
import { createTestIssuer } from '../../src/testing/test-issuer.js';
import type { OtherService } from './service.js';
import { closeOf, get, openSocket, startService } from './service.js';

let issuer: TestIssuer;
let service: OtherService;
beforeAll(async () => {
  issuer = await createTestIssuer();
  const revocation = { clientId: 'orders', clientSecret: 'secret' };
  service = await startService({ issuer: issuer.url, revocation });
});
afterAll(async () => {
  await service.close();
  await issuer.close();
});

type Call = 'open' | 'user' | 'admin';

/** The code of the refusal, or undefined if the call was admitted. The whole matrix is in packages/nest/test/matrix. */
const transports: Record<string, (call: Call, token?: string) => Promise<string | undefined>> = {
  'HTTP on Fastify': async (call, token) => (await get(service, call, token)).code,
  'TCP of a hybrid application': async (call, token) => {
    const payload = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const refused = (problem: { code: string }) => problem.code;
    return lastValueFrom(service.tcp.send<object>(call, payload)).then(() => undefined, refused);
  },
  'a WebSocket': async (call, token) => {
    try {
      const socket = await openSocket(service, call === 'open' ? '/news' : '/socket', token);
      socket.send(JSON.stringify({ event: call, data: {} }));
      const message = await new Promise<string>((resolve) => {
        socket.once('message', (data) => resolve((data as Buffer).toString()));
      });
      return (JSON.parse(message) as { data: { code?: string } }).data.code;
    } catch (error) {
      return (error as Error).message;
    }
  },
};

describe.each(Object.entries(transports))('%s', (_, call) => {
  it.each([
    ['no token', () => undefined, 'token_missing'],
    ['garbage', () => 'garbage', 'token_invalid'],
    ['an expired token', () => issuer.token({ expiresInSeconds: -1 }), 'token_expired'],
    ['the wrong audience', () => issuer.token({ audience: 'https://other.example' }), 'token_invalid'],
    ['the wrong issuer', () => issuer.token({ issuer: 'https://other.example' }), 'token_invalid'],
    ['the wrong type, such as an ID token', () => issuer.token({ type: 'JWT' }), 'token_invalid'],
  ])('refuses %s', async (_name, token, code) => {
    expect(await call('user', token())).toBe(code);
  });

  it('refuses a key that is not published, and accepts it as soon as it is', async () => {
    const other = await createTestIssuer({ issuer: issuer.issuer });
    expect(await call('user', other.token())).toBe('token_invalid');
    await other.close();
    issuer.rotateKey();
    const token = issuer.token();
    await until(async () => (await call('user', token)) === undefined);
  });

  it('refuses a session as soon as it is revoked', async () => {
    const sessionId = randomUUID();
    const token = issuer.token({ sessionId });
    expect(await call('user', token)).toBeUndefined();
    issuer.revoke({ sessionId });
    await until(async () => (await call('user', token)) === 'token_revoked');
  });

  it('refuses tokens from before the epoch of a user was raised, and no later ones', async () => {
    const userId = randomUUID();
    issuer.revoke({ userId, minEpoch: 3 });
    await until(async () => (await call('user', issuer.token({ userId, epoch: 2 }))) === 'token_revoked');
    expect(await call('user', issuer.token({ userId, epoch: 3 }))).toBeUndefined();
  });

  it('refuses the wrong role, accepts the right one, and asks nothing of public calls', async () => {
    expect(await call('admin', issuer.token({ role: 'user' }))).toBe('forbidden');
    expect(await call('admin', issuer.token({ role: 'admin' }))).toBeUndefined();
    expect(await call('open')).toBeUndefined();
    expect(await call('open', 'garbage')).toBeUndefined();
  });
});

describe('over HTTP', () => {
  it('a refusal is problem+json with a challenge', async () => {
    const missing = await get(service, 'user');
    expect(missing.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(missing).toMatchObject({ status: 401, type: 'about:blank', title: 'Unauthorized' });
    // RFC 6750 section 3.1: without credentials the response names no error.
    expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="pawl"');
    const invalid = await get(service, 'user', 'garbage');
    expect(invalid.headers.get('www-authenticate')).toBe('Bearer realm="pawl", error="invalid_token"');
  });

  it('all scopes of @Scopes are needed', async () => {
    const half = await get(service, 'scoped', issuer.token({ scope: 'orders:read' }));
    expect(half).toMatchObject({ status: 403, code: 'insufficient_scope' });
    expect(half.headers.get('www-authenticate')).toMatch(
      /error="insufficient_scope", scope="orders:read orders:write"$/,
    );
    expect((await get(service, 'scoped', issuer.token({ scope: 'orders:write orders:read' }))).status).toBe(200);
  });

  it('a sign-in that is too old or too weak is refused as RFC 9470 says', async () => {
    const challenge = /error="insufficient_user_authentication", acr_values="aal2", max_age="300"$/;
    for (const options of [{ acr: 'aal1' }, { acr: 'aal2', signedInSecondsAgo: 400 }]) {
      const refused = await get(service, 'sensitive', issuer.token(options));
      expect(refused).toMatchObject({ status: 401, code: 'insufficient_user_authentication' });
      expect(refused.headers.get('www-authenticate')).toMatch(challenge);
    }
    expect((await get(service, 'sensitive', issuer.token({ acr: 'aal2' }))).status).toBe(200);
  });

  it('a token of a service is no user’s', async () => {
    const token = issuer.serviceToken({ clientId: 'billing', role: 'admin' });
    expect((await get(service, 'any', token)).status).toBe(200);
    for (const path of ['user', 'admin', 'sensitive']) {
      expect(await get(service, path, token)).toMatchObject({ status: 403, code: 'user_required' });
    }
  });

  it.each([
    ['a client', { clientId: 'billing' }],
    ['one token', { tokenId: '4b4cf0ba-3d0c-4c46-9a4e-0c9a1f3b0f11' }],
  ])('a revocation of %s reaches the tokens of services', async (_, revocation) => {
    const token = issuer.serviceToken({ clientId: 'billing', tokenId: '4b4cf0ba-3d0c-4c46-9a4e-0c9a1f3b0f11' });
    issuer.revoke(revocation);
    await until(async () => (await get(service, 'any', token)).code === 'token_revoked');
  });
});

it('a WebSocket is not opened without a good token (attack: sockets without end that nobody has signed in for)', async () => {
  await expect(openSocket(service, '/socket')).rejects.toThrow('token_missing');
  await expect(openSocket(service, '/socket', 'garbage')).rejects.toThrow('token_invalid');
});

describe('an open WebSocket', () => {
  it('is closed when its session is revoked, so that nothing more is sent to its holder', async () => {
    const sessionId = randomUUID();
    const closed = closeOf(await openSocket(service, '/socket', issuer.token({ sessionId })));
    issuer.revoke({ sessionId });
    expect(await closed).toEqual([4401, 'token_revoked']);
  });

  it('is closed when its token expires', async () => {
    const closed = closeOf(await openSocket(service, '/socket', issuer.token({ expiresInSeconds: 2 })));
    expect(await closed).toEqual([4401, 'token_expired']);
  });
});
