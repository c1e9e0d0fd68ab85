import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { SigningKeys } from '../../src/keys/signing-keys.js';
import { CookieJar } from '../auth/cookies.js';
import { basic, deleteClient, newClient, post, serviceToken, signInWith } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  refresh,
  register,
} from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

type Json = Record<string, unknown>;

let app: TestApp;
let rsa: TestApp;
let admin: Tokens;
beforeAll(async () => {
  [app, rsa] = [await startApp(), await startApp({ env: { JWT_ALGORITHM: 'RS256' } })];
  admin = await makeAdmin(app);
});
afterAll(async () => {
  await app.close();
  await rsa.close();
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const part = (token: string, i: number) =>
  JSON.parse(Buffer.from(token.split('.')[i]!, 'base64url').toString()) as Json;
const me = (on: TestApp, token: string) => call(on, 'GET', '/auth/me', { token });

/** The valid token with another header and signature. */
function resigned(token: string, header: Json, sign: (input: string) => Buffer | string): string {
  const input = `${encode({ ...part(token, 0), ...header })}.${token.split('.')[1]}`;
  const signature = sign(input);
  return `${input}.${typeof signature === 'string' ? signature : signature.toString('base64url')}`;
}

const hmac = (secret: string | Buffer) => (input: string) => createHmac('sha256', secret).update(input).digest();
const publicKeyOf = (on: TestApp) => on.nest.get(SigningKeys).current.verifiesWith;

describe('a forged access token', () => {
  it('CVE-2015-9235 (jsonwebtoken): one that is signed with the public key as a shared secret is refused', async () => {
    const { access_token: token } = await register(app);
    const jwk = JSON.stringify(publicKeyOf(app).export({ format: 'jwk' }));
    const pem = publicKeyOf(app).export({ format: 'pem', type: 'spki' });
    for (const secret of [jwk, pem]) {
      await expectProblem(me(app, resigned(token, { alg: 'HS256' }, hmac(secret))), 401, 'token_invalid');
    }
  });

  it('CVE-2022-23540 (jsonwebtoken): one without a signature is refused, however "none" is spelled', async () => {
    const { access_token: token } = await register(app);
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null]) {
      await expectProblem(
        me(
          app,
          resigned(token, { alg }, () => ''),
        ),
        401,
        'token_invalid',
      );
    }
  });

  it('CVE-2022-23541 (jsonwebtoken): an RSA public key does not verify an HMAC', async () => {
    const { access_token: token } = await register(rsa);
    for (const type of ['spki', 'pkcs1'] as const) {
      const pem = publicKeyOf(rsa).export({ format: 'pem', type });
      const der = publicKeyOf(rsa).export({ format: 'der', type });
      for (const secret of [pem, der]) {
        await expectProblem(me(rsa, resigned(token, { alg: 'HS256' }, hmac(secret))), 401, 'token_invalid');
      }
    }
  });

  it('CVE-2023-48223 (fast-jwt): a public key with other white space around it is no secret either', async () => {
    const { access_token: token } = await register(rsa);
    const pem = publicKeyOf(rsa).export({ format: 'pem', type: 'pkcs1' }) as string;
    for (const secret of [pem.trim(), `\n${pem}`, ` ${pem}`, pem.replace(/\n/g, '\r\n')]) {
      await expectProblem(me(rsa, resigned(token, { alg: 'HS256' }, hmac(secret))), 401, 'token_invalid');
    }
  });

  it('CVE-2018-0114 (node-jose): a key that the token itself brings is not used', async () => {
    const { access_token: token } = await register(app);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const sign = (input: string) =>
      signBytes('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const jwk = publicKey.export({ format: 'jwk' });
    const { kid } = part(token, 0);
    for (const header of [{ jwk }, { jwk: { ...jwk, kid } }, { jwk, kid: 'mine' }, { jku: `${app.url}/keys` }]) {
      await expectProblem(me(app, resigned(token, header, sign)), 401, 'token_invalid');
    }
  });

  it('CVE-2023-48309 (NextAuth.js): a token that was made for another purpose is not an access token', async () => {
    const { access_token: token, refresh_token: refreshToken } = await register(app);
    const { signsWith } = app.nest.get(SigningKeys).current;
    const sign = (input: string) =>
      signBytes('sha256', Buffer.from(input), { key: signsWith, dsaEncoding: 'ieee-p1363' });
    await expectStatus(me(app, resigned(token, {}, sign)), 200); // the forger is able to sign
    for (const typ of ['JWT', 'logout+jwt', 'client-authentication+jwt', 'secevent+jwt', undefined]) {
      await expectProblem(me(app, resigned(token, { typ }, sign)), 401, 'token_invalid');
    }
    await expectProblem(me(app, refreshToken), 401, 'token_invalid');
  });
});

describe('what was revoked', () => {
  it('CVE-2025-3930 (Strapi): an access token does not outlive the sign-out', async () => {
    const { access_token: token, refresh_token: refreshToken } = await register(app);
    await expectStatus(call(app, 'POST', '/auth/logout', { body: { refresh_token: refreshToken } }), 204);
    await expectProblem(me(app, token), 401, 'token_revoked');
    await expectProblem(refresh(app, refreshToken), 401, 'session_revoked');
  });

  it('CVE-2024-34709 (Directus): cookies that were copied before the sign-out are worthless after it', async () => {
    const { user } = await register(app);
    const jar = new CookieJar(app);
    const body = { email: user.email, password: goodPassword, delivery: 'cookie' };
    jar.keep(await call(app, 'POST', '/auth/login', { body }));
    const [copied, refreshCookie] = [jar.access!, jar.refresh!];
    const fromPage = [['Sec-Fetch-Site', 'same-origin']] as const;
    expect((await jar.send({ method: 'POST', path: '/auth/logout', headers: fromPage })).status).toBe(204);
    await expectProblem(me(app, copied), 401, 'token_revoked');
    await expectProblem(refresh(app, refreshCookie), 401, 'session_revoked');
  });

  it('CVE-2025-29928 (authentik): a session that was deleted in the list ends at once', async () => {
    const { access_token: own, user } = await register(app);
    const other = await login(app, user.email);
    await expectStatus(call(app, 'DELETE', `/auth/sessions/${other.session_id}`, { token: own }), 204);
    await expectProblem(me(app, other.access_token), 401, 'token_revoked');
    await expectProblem(refresh(app, other.refresh_token), 401, 'session_revoked');
    await expectStatus(me(app, own), 200);
  });

  it('CVE-2023-22492 (ZITADEL): a disabled user cannot refresh', async () => {
    const { user, refresh_token: token } = await register(app);
    const body = { disabled: true };
    await expectStatus(call(app, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body }), 200);
    expect((await refresh(app, token)).status).toBe(401);
    const form = { grant_type: 'refresh_token', refresh_token: token, client_id: 'pawl' };
    expect((await post(app, '/oauth/token', form)).status).not.toBe(200);
  });

  it('GHSA-56p6-qw3c-fq2g (Directus): the access token of a disabled user opens nothing, and introspection says so', async () => {
    const { user, access_token: token } = await register(app);
    const client = await newClient(app, admin);
    const body = { disabled: true };
    await expectStatus(call(app, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body }), 200);
    await expectProblem(me(app, token), 401, 'token_revoked');
    const { body: report } = await post(app, '/oauth/introspect', { token }, basic(client));
    expect(report).toEqual({ active: false });
  });

  it('CVE-2024-46999 (ZITADEL): a role that was taken away is gone from tokens that still name it', async () => {
    const former = await makeAdmin(app);
    const body = { role: 'user' };
    await expectStatus(call(app, 'PATCH', `/users/${former.user.id}`, { token: admin.access_token, body }), 200);
    await expectProblem(call(app, 'GET', '/users', { token: former.access_token }), 401, 'token_revoked');
    const next = (await expectStatus(refresh(app, former.refresh_token), 200)) as Tokens;
    await expectProblem(call(app, 'GET', '/users', { token: next.access_token }), 403, 'forbidden');
  });

  it('CVE-2024-47000 (ZITADEL): the tokens of a service end when it is removed', async () => {
    const client = await newClient(app, admin, { role: 'admin', scope: 'admin' });
    const token = await serviceToken(app, client, { scope: 'admin' });
    await expectStatus(call(app, 'GET', '/users', { token }), 200);
    await expectStatus(deleteClient(app, admin, client), 204);
    await expectProblem(call(app, 'GET', '/users', { token }), 401, 'token_revoked');
  });

  it('CVE-2025-64521 (authentik): a removed service gets no new tokens with its old secret', async () => {
    const client = await newClient(app, admin);
    await serviceToken(app, client);
    await expectStatus(deleteClient(app, admin, client), 204);
    const { status, body } = await post(app, '/oauth/token', { grant_type: 'client_credentials' }, basic(client));
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });

  it('CVE-2020-15223 (Ory Fosite): a revocation that could not be stored does not report success', async () => {
    const proxy = await startTcpProxy(app.db.url);
    const away = await startAppForTest({ database: app.db, env: { DATABASE_URL: proxy.url } });
    const { refresh_token: token } = await register(away);
    await proxy.cut();
    expect((await post(away, '/oauth/revoke', { token, client_id: 'pawl' })).status).toBe(503);
    await proxy.resume();
    await proxy.close();
  });
});

describe('refresh tokens', () => {
  it('CVE-2026-53517 (better-auth): concurrent uses of one refresh token do not fork the session', async () => {
    const { refresh_token: token } = await register(app);
    const responses = await Promise.all(Array.from({ length: 10 }, () => refresh(app, token)));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    const verdicts = responses.map(({ headers }) => headers.get('pawl-refresh'));
    expect(verdicts.sort()).toEqual([...Array<string>(9).fill('replay'), 'rotate']);
  });

  it('CVE-2026-53512 (better-auth): the refresh token of a confidential client is worth nothing without its secret', async () => {
    const [client, other] = [await newClient(app, admin), await newClient(app, admin)];
    const { refresh_token: token } = await signInWith(app, client);
    const form = { grant_type: 'refresh_token', refresh_token: token };
    for (const [parameters, headers] of [
      [form, []],
      [{ ...form, client_id: client.client_id }, []],
      [{ ...form, client_id: 'pawl' }, []],
      [form, basic({ ...client, client_secret: other.client_secret })],
    ] as const) {
      expect((await post(app, '/oauth/token', parameters, headers)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await refresh(app, token)).status).toBe(401);
    expect((await post(app, '/oauth/token', form, basic(client))).status).toBe(200);
  });

  it('CVE-2024-47077 (authentik): a client cannot use the tokens of another client', async () => {
    const [client, other] = [await newClient(app, admin), await newClient(app, admin)];
    const { refresh_token: token, access_token: access } = await signInWith(app, client);
    const { status, body } = await post(
      app,
      '/oauth/token',
      { grant_type: 'refresh_token', refresh_token: token },
      basic(other),
    );
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
    await post(app, '/oauth/revoke', { token }, basic(other));
    expect((await post(app, '/oauth/introspect', { token: access }, basic(client))).body.active).toBe(true);
  });

  it('CVE-2022-3916 (Keycloak): on a shared computer, the session of the user before ends with the next sign-in', async () => {
    const [first, second] = [await register(app), await register(app)];
    const jar = new CookieJar(app);
    const signIn = async (email: string) => {
      const body = JSON.stringify({ email, password: goodPassword, delivery: 'cookie' });
      const headers = [
        ['Content-Type', 'application/json'],
        ['Sec-Fetch-Site', 'same-origin'],
      ] as const;
      expect((await jar.send({ method: 'POST', path: '/auth/login', headers, body })).status).toBe(200);
    };
    await signIn(first.user.email);
    const left = jar.refresh!;
    await signIn(second.user.email);
    expect((await jar.send({ path: '/auth/me' })).body.email).toBe(second.user.email);
    await expectProblem(refresh(app, left), 401, 'session_revoked');
  });
});

describe('scopes and clients', () => {
  it('CVE-2021-32701 (Ory Oathkeeper): a token that was accepted before is still held to the scope of each route', async () => {
    const client = await newClient(app, admin, { scope: 'notes:read account' });
    const { access_token: token } = await signInWith(app, client, { scope: 'notes:read' });
    await expectStatus(call(app, 'GET', '/notes', { token }), 200);
    for (let i = 0; i < 3; i++) await expectProblem(me(app, token), 403, 'insufficient_scope');
  });

  it('CVE-2020-27838 (Keycloak): nobody reads a client or its secret without being an admin, and nobody reads a secret twice', async () => {
    const client = await newClient(app, admin);
    await expectProblem(call(app, 'GET', '/admin/clients'), 401, 'token_missing');
    const { access_token: token } = await register(app);
    await expectProblem(call(app, 'GET', '/admin/clients', { token }), 403, 'forbidden');
    const list = await expectStatus(call(app, 'GET', '/admin/clients', { token: admin.access_token }), 200);
    expect(JSON.stringify(list)).not.toContain(client.client_secret);
    expect(JSON.stringify(await app.db.query('SELECT * FROM client_secrets'))).not.toContain(client.client_secret);
  });

  it('GHSA-9h47-pqcx-hjr4 (better-auth): the metadata offers no unsigned tokens', async () => {
    const metadata = await expectStatus(call(app, 'GET', '/.well-known/oauth-authorization-server'), 200);
    const algorithms = Object.entries(metadata as Json).filter(([name]) => name.includes('alg'));
    expect(algorithms.length).toBeGreaterThan(0);
    for (const [, values] of algorithms) expect(values).not.toContain('none');
  });
});

describe('a token that was good elsewhere or before', () => {
  it('CVE-2019-1020015 (Hasura): one for another audience is refused, though the key is ours', async () => {
    const elsewhere = await startAppForTest({ database: app.db, env: { JWT_AUDIENCE: 'https://other.example' } });
    const { access_token: token } = await register(elsewhere);
    await expectStatus(me(elsewhere, token), 200);
    await expectProblem(me(app, token), 401, 'token_invalid');
    const { access_token: own } = await register(app);
    await expectProblem(me(elsewhere, own), 401, 'token_invalid');
  });

  it('CVE-2026-123799 (SuperTokens): those of an admin end when they say so, and the session with its lifetime', async () => {
    const on = await startAppForTest({ env: { SESSION_TTL: '1h', SESSION_IDLE_TTL: '1h' } });
    const { access_token: token, refresh_token: refreshToken } = await makeAdmin(on);
    await expectStatus(call(on, 'GET', '/users', { token }), 200);
    on.clock.advanceSeconds(15 * 60 + 120);
    await expectProblem(call(on, 'GET', '/users', { token }), 401, 'token_expired');
    on.clock.advanceSeconds(60 * 60);
    await expectProblem(refresh(on, refreshToken), 401, 'refresh_expired');
  });
});
