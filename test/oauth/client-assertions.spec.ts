import type { KeyObject } from 'node:crypto';
import { createSecretKey, randomUUID } from 'node:crypto';
import type { CryptoKey, JWTPayload } from 'jose';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { UsedAssertions } from '../../src/oauth/used-assertions.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { makeAdmin } from '../support/http.js';
import type { RegisteredClient } from './clients.js';
import { basic, expectOAuthError, issuer, newClient, post } from './clients.js';

type Key = CryptoKey | KeyObject;

let app: TestApp;
let admin: Tokens;
let client: RegisteredClient;
let privateKey: CryptoKey;
let publicKey: CryptoKey;

beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
  ({ privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true }));
  client = await newClientWith({ ...(await exportJWK(publicKey)), kid: 'a' });
});
afterAll(() => app.close());

function newClientWith(...keys: object[]): Promise<RegisteredClient> {
  return newClient(app, admin, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } });
}

/** The claims of a valid assertion (RFC 7523 section 3), with changes. */
function claims(differing: JWTPayload = {}): JWTPayload {
  const now = app.clock.nowSeconds();
  const { client_id: id } = client;
  return { iss: id, sub: id, aud: issuer, jti: randomUUID(), iat: now, exp: now + 60, ...differing };
}

interface Signing {
  alg?: string;
  key?: Key;
  header?: Record<string, unknown>;
}

function sign(payload: JWTPayload, { alg = 'ES256', key = privateKey, header = { kid: 'a' } }: Signing = {}) {
  return new SignJWT(payload).setProtectedHeader({ alg, ...header }).sign(key, { crit: { x: true } });
}

async function present(assertion: string | Promise<string>, others: Record<string, string> = {}): Promise<Answer> {
  return post(app, '/oauth/token', {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion,
    ...others,
  });
}

it('a valid assertion authenticates the client once', async () => {
  const assertion = await sign(claims());
  expect((await present(assertion)).status).toBe(200);
  await expectOAuthError(present(assertion), 401, 'invalid_client');
});

it('another spelling of the same bytes is not accepted (attack: a filter for used assertions that compares texts)', async () => {
  const assertion = await sign(claims());
  // The last character of 64 bytes in base64url has four bits that mean nothing.
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const respelled = assertion.slice(0, -1) + digits.charAt(digits.indexOf(assertion.at(-1)!) ^ 1);
  expect(Buffer.from(respelled.split('.')[2]!, 'base64url')).toEqual(
    Buffer.from(assertion.split('.')[2]!, 'base64url'),
  );
  await expectOAuthError(present(respelled), 401, 'invalid_client');
  await expectOAuthError(present(`${assertion}=`), 401, 'invalid_client');
  expect((await present(assertion)).status).toBe(200);
});

it('of ten simultaneous requests with the same assertion, one succeeds', async () => {
  const assertion = await sign(claims());
  const answers = await Promise.all(Array.from({ length: 10 }, () => present(assertion)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(401)]);
});

it('it is accepted once across all instances', async () => {
  const other = await startApp({ database: app.db });
  try {
    const assertion = await sign(claims());
    expect((await present(assertion)).status).toBe(200);
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    };
    await expectOAuthError(post(other, '/oauth/token', form), 401, 'invalid_client');
  } finally {
    await other.close();
  }
});

it('two clients may use the same jti', async () => {
  const other = await newClientWith(await exportJWK(publicKey));
  const jti = randomUUID();
  expect((await present(sign(claims({ jti })))).status).toBe(200);
  const { client_id: id } = other;
  expect((await present(sign(claims({ jti, iss: id, sub: id }), { header: {} }))).status).toBe(200);
});

it.each<[string, JWTPayload]>([
  ['a single audience in an array', { aud: [issuer] }],
  [
    'a clock that is twenty seconds fast',
    { iat: Math.floor(Date.now() / 1000) + 20, nbf: Math.floor(Date.now() / 1000) + 20 },
  ],
  ['a jti of any length', { jti: 'x'.repeat(5000) }],
  ['claims that mean nothing here', { role: 'admin', user_id: 'x', scope: 'everything' }],
])('%s is accepted', async (_, differing) => {
  expect((await present(sign(claims(differing)))).status).toBe(200);
});

const ahead = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

it.each<[string, JWTPayload]>([
  ['for another audience', { aud: 'https://other.example.com' }],
  ['for us and another', { aud: [issuer, 'https://other.example.com'] }],
  ['for the token endpoint and not the issuer', { aud: `${issuer}/oauth/token` }],
  ['for nobody', { aud: undefined }],
  ['of another issuer', { iss: 'another' }],
  ['without an issuer', { iss: undefined }],
  ['about somebody else', { sub: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e' }],
  ['without a subject', { sub: undefined }],
  ['without a jti', { jti: undefined }],
  ['with a jti that is not a string', { jti: 7 as unknown as string }],
  ['without an end', { exp: undefined }],
  ['that has expired', { exp: ahead(-60) }],
  ['that is valid for an hour', { exp: ahead(3600) }],
  ['that is not valid yet', { nbf: ahead(120) }],
])('one %s is refused', async (_, differing) => {
  await expectOAuthError(present(sign(claims(differing))), 401, 'invalid_client');
});

it.each<[string, () => Promise<string> | string]>([
  ['with alg none', () => new UnsecuredJWT(claims()).encode()],
  [
    'with HS256 under the public key',
    async () => {
      const key = createSecretKey(Buffer.from(await exportSPKI(publicKey)));
      return sign(claims(), { alg: 'HS256', key });
    },
  ],
  ['with another key', async () => sign(claims(), { key: (await generateKeyPair('ES256')).privateKey })],
  [
    'with a key that it brings along',
    async () => {
      const own = await generateKeyPair('ES256', { extractable: true });
      return sign(claims(), { key: own.privateKey, header: { kid: 'a', jwk: await exportJWK(own.publicKey) } });
    },
  ],
  [
    'with a key of another kind under the same kid',
    async () => {
      return sign(claims(), { alg: 'RS256', key: (await generateKeyPair('RS256')).privateKey });
    },
  ],
  ['under a kid that is not registered', () => sign(claims(), { header: { kid: 'b' } })],
  ['with an extension that is not understood', () => sign(claims(), { header: { kid: 'a', crit: ['x'], x: true } })],
  [
    'that was changed afterwards',
    async () => {
      const [header, , signature] = (await sign(claims())).split('.');
      return `${header}.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.${signature}`;
    },
  ],
  ['without a signature', async () => (await sign(claims())).replace(/[^.]*$/, '')],
  ['that is not a JWT', () => 'not.a.jwt'],
  ['that is an access token', () => admin.access_token],
])('one %s is refused', async (_, assertion) => {
  await expectOAuthError(present(assertion()), 401, 'invalid_client');
});

it('a client may be named beside it, but not another', async () => {
  expect((await present(sign(claims()), { client_id: client.client_id })).status).toBe(200);
  await expectOAuthError(present(sign(claims()), { client_id: 'pawl' }), 400, 'invalid_request');
});

it('it goes with its type, and only with that', async () => {
  await expectOAuthError(present(sign(claims()), { client_assertion_type: 'x' }), 400, 'invalid_request');
  await expectOAuthError(present(sign(claims()), { client_assertion_type: '' }), 400, 'invalid_request');
  await expectOAuthError(present(''), 400, 'invalid_request');
});

it('a refused assertion does not use up its jti', async () => {
  const jti = randomUUID();
  await expectOAuthError(present(sign(claims({ jti, aud: 'another' }))), 401, 'invalid_client');
  expect((await present(sign(claims({ jti })))).status).toBe(200);
});

it('a client with a secret cannot use an assertion, however it is signed', async () => {
  const { client_id: id } = await newClient(app, admin);
  await expectOAuthError(present(sign(claims({ iss: id, sub: id }))), 401, 'invalid_client');
  await expectOAuthError(present(sign(claims({ iss: 'pawl', sub: 'pawl' }))), 401, 'invalid_client');
});

it('a client that has keys cannot use a secret', async () => {
  await expectOAuthError(
    post(app, '/oauth/token', { grant_type: 'client_credentials' }, basic({ ...client, client_secret: 'x' })),
    401,
    'invalid_client',
  );
});

it('two keys let a client switch from one to the other', async () => {
  const next = await generateKeyPair('RS256', { extractable: true });
  const keys = [
    { ...(await exportJWK(publicKey)), kid: 'a' },
    { ...(await exportJWK(next.publicKey)), kid: 'b' },
  ];
  const { client_id: id } = await newClientWith(...keys);
  const own = () => claims({ iss: id, sub: id });
  expect((await present(sign(own()))).status).toBe(200);
  const signedByNext = sign(own(), { alg: 'PS256', key: await ps256(next.privateKey), header: { kid: 'b' } });
  expect((await present(signedByNext)).status).toBe(200);
});

it('expired assertions are deleted, by one instance at a time, and the others are kept', async () => {
  await app.db.query('DELETE FROM client_assertions');
  await present(sign(claims()));
  const cleanup = app.nest.get(UsedAssertions, { strict: false });
  expect(await cleanup.deleteExpired()).toBe(0);
  app.clock.advanceSeconds(600);
  await present(sign(claims()));
  expect(await cleanup.deleteExpired()).toBe(1);
  expect(await app.db.query('SELECT 1 FROM client_assertions')).toHaveLength(1);
});

/** The same RSA key for the other of its two paddings: WebCrypto binds a key to one. */
async function ps256(key: CryptoKey): Promise<CryptoKey> {
  const jwk = { ...(await exportJWK(key)), alg: 'PS256', ext: true, key_ops: ['sign'] };
  return crypto.subtle.importKey('jwk', jwk, { name: 'RSA-PSS', hash: 'SHA-256' }, false, ['sign']);
}
