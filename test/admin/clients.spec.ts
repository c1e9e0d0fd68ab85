import { exportJWK, generateKeyPair } from 'jose';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, makeAdmin, register } from '../support/http.js';

let app: TestApp;
let admin: Tokens;

beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
});
afterAll(() => app.close());

const asAdmin = (method: string, path: string, body?: unknown) =>
  call(app, method, path, { token: admin.access_token, body });
const create = (body: Record<string, unknown>) =>
  asAdmin('POST', '/admin/clients', { client_name: 'Billing', grant_types: ['client_credentials'], ...body });

async function expectInvalid(body: Record<string, unknown>, path: string): Promise<void> {
  const response = await expectProblem(create(body), 400, 'validation_failed');
  expect(response.body.errors).toEqual(
    expect.arrayContaining([expect.objectContaining({ path: expect.stringMatching(path) })]),
  );
}

it('an admin registers a client, and its secret is shown once', async () => {
  const created = await expectStatus(create({ scope: 'a b', role: 'admin' }), 201);
  const { client_id, client_secret, created_at, secrets, ...rest } = created;
  expect(rest).toEqual({
    client_name: 'Billing',
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'],
    role: 'admin',
    scope: 'a b',
  });
  expect(client_secret).toMatch(/^pwls_[\w-]{43}$/);
  expect(secrets).toEqual([{ created_at }]);

  const { clients } = await expectStatus(asAdmin('GET', '/admin/clients'), 200);
  expect(clients[0]).toEqual({ client_id, created_at, secrets, ...rest });
  const stored = JSON.stringify(
    await app.db.query('SELECT * FROM oauth_clients c JOIN client_secrets s ON s.client_id = c.id'),
  );
  expect(stored).not.toContain(client_secret);
});

it('the list is paged, newest first, without the built-in client', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) ids.unshift((await expectStatus(create({}), 201)).client_id);
  const first = await expectStatus(asAdmin('GET', '/admin/clients?limit=2'), 200);
  const second = await expectStatus(asAdmin('GET', `/admin/clients?limit=100&cursor=${first.next_cursor}`), 200);
  const listed = [...first.clients, ...second.clients].map(({ client_id }: { client_id: string }) => client_id);
  expect(listed.slice(0, 3)).toEqual(ids);
  expect(listed).not.toContain('pawl');
  expect(second.next_cursor).toBeNull();
  await expectProblem(asAdmin('GET', '/admin/clients?limit=0'), 400, 'validation_failed');
});

it('a client that authenticates without a secret gets none', async () => {
  const { publicKey } = await generateKeyPair('ES256');
  const keys = [await exportJWK(publicKey)];
  for (const body of [
    { token_endpoint_auth_method: 'none', grant_types: ['refresh_token'] },
    { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } },
  ]) {
    const created = await expectStatus(create(body), 201);
    expect(created).not.toHaveProperty('client_secret');
    expect(created.secrets).toEqual([]);
    await expectProblem(asAdmin('POST', `/admin/clients/${created.client_id}/secret`), 409, 'secret_not_used');
  }
});

it.each<[string, Record<string, unknown>, string]>([
  ['without a name', { client_name: undefined }, 'client_name'],
  ['with an empty name', { client_name: '  ' }, 'client_name'],
  ['without grant types', { grant_types: undefined }, 'grant_types'],
  ['with a grant that there is not', { grant_types: ['password'] }, 'grant_types'],
  ['with one grant twice', { grant_types: ['refresh_token', 'refresh_token'] }, 'grant_types'],
  [
    'with a method that there is not',
    { token_endpoint_auth_method: 'client_secret_jwt' },
    'token_endpoint_auth_method',
  ],
  ['with a role that there is not', { role: 'root' }, 'role'],
  ['with a malformed scope', { scope: 'a  b' }, 'scope'],
  ['with a quote in its scope', { scope: 'a"b' }, 'scope'],
  ['public, with tokens of its own', { token_endpoint_auth_method: 'none' }, 'grant_types'],
  ['with private_key_jwt and no keys', { token_endpoint_auth_method: 'private_key_jwt' }, 'jwks'],
  ['with a secret of its own choice', { client_secret: 'x' }, ''],
])('%s it is not registered', async (_, body, path) => {
  await expectInvalid(body, path);
});

describe('its keys', () => {
  const withKeys = (...keys: unknown[]) => ({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } });
  const generate = async (alg: string, options = {}) => generateKeyPair(alg, { extractable: true, ...options });

  it.each(['ES256', 'ES384', 'ES512', 'RS256', 'PS512', 'Ed25519'])(
    'may be for %s, and are shown as they came',
    async (alg) => {
      const jwk = { ...(await exportJWK((await generate(alg)).publicKey)), kid: 'k', alg, use: 'sig' };
      const { jwks } = await expectStatus(create(withKeys({ ...jwk, x5t: 'ignored' })), 201);
      expect(jwks).toEqual({ keys: [jwk] });
    },
  );

  it('must be public: a private key is refused, and the error does not repeat it', async () => {
    for (const alg of ['ES256', 'RS256', 'Ed25519']) {
      const jwk = await exportJWK((await generate(alg)).privateKey);
      const response = await expectProblem(create(withKeys(jwk)), 400, 'validation_failed');
      expect(JSON.stringify(response.body)).not.toContain(jwk.d);
    }
  });

  it.each<[string, () => Promise<unknown[]> | unknown[]]>([
    ['are none', () => []],
    [
      'are too many',
      async () => {
        const jwk = await exportJWK((await generate('ES256')).publicKey);
        return Array.from({ length: 11 }, (_, i) => ({ ...jwk, kid: String(i) }));
      },
    ],
    ['are shared secrets', () => [{ kty: 'oct', k: 'AAAA' }]],
    ['are on a curve that is not supported', () => [{ kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' }]],
    ['are not on their curve', () => [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }]],
    ['lack a member', () => [{ kty: 'RSA', e: 'AQAB' }]],
    [
      'have an alg of another kind',
      async () => [{ ...(await exportJWK((await generate('ES256')).publicKey)), alg: 'RS256' }],
    ],
    ['have alg none', async () => [{ ...(await exportJWK((await generate('ES256')).publicKey)), alg: 'none' }]],
    ['are for encryption', async () => [{ ...(await exportJWK((await generate('ES256')).publicKey)), use: 'enc' }]],
    ['are short', async () => [await exportJWK(await shortRsaKey())]],
    [
      'cannot be distinguished',
      async () => {
        const [a, b] = [await generate('ES256'), await generate('ES256')];
        return [await exportJWK(a.publicKey), await exportJWK(b.publicKey)];
      },
    ],
  ])('are refused where they %s', async (_, keys) => {
    await expectInvalid(withKeys(...(await keys())), '^jwks');
  });

  it('are accepted with private_key_jwt only', async () => {
    const keys = [await exportJWK((await generate('ES256')).publicKey)];
    await expectInvalid({ jwks: { keys } }, 'jwks');
  });
});

it('only admins manage clients', async () => {
  const { access_token: token } = await register(app);
  const { client_id: id } = await expectStatus(create({}), 201);
  for (const [method, path] of [
    ['GET', '/admin/clients'],
    ['POST', '/admin/clients'],
    ['POST', `/admin/clients/${id}/secret`],
    ['DELETE', `/admin/clients/${id}`],
  ] as const) {
    await expectProblem(call(app, method, path), 401, 'token_missing');
    await expectProblem(call(app, method, path, { token }), 403, 'forbidden');
  }
});

it.each(['pawl', 'nonsense', '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e'])(
  '%s is not there to be changed or deleted',
  async (id) => {
    await expectProblem(asAdmin('DELETE', `/admin/clients/${id}`), 404, 'not_found');
    await expectProblem(asAdmin('POST', `/admin/clients/${id}/secret`), 404, 'not_found');
  },
);

it('ten concurrent requests for a new secret leave two valid ones', async () => {
  const { client_id: id } = await expectStatus(create({}), 201);
  await Promise.all(Array.from({ length: 10 }, () => asAdmin('POST', `/admin/clients/${id}/secret`)));
  expect(await app.db.query('SELECT 1 FROM client_secrets WHERE client_id = $1', [id])).toHaveLength(2);
});

async function shortRsaKey() {
  const { subtle } = crypto;
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 1024,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  return (await subtle.generateKey(algorithm, true, ['sign', 'verify'])).publicKey;
}

it('a new secret is valid even if the clock that dates it is behind', async () => {
  const created = await expectStatus(create({}), 201);
  const path = `/admin/clients/${created.client_id}/secret`;
  const behind = await startApp({ database: app.db });
  behind.clock.advanceSeconds(-60);
  try {
    for (const instance of [app, behind, behind]) {
      const { client_secret: secret } = await expectStatus(
        call(instance, 'POST', path, { token: admin.access_token }),
        201,
      );
      const headers = { Authorization: `Basic ${btoa(`${created.client_id}:${secret}`)}` };
      const body = new URLSearchParams({ grant_type: 'client_credentials' });
      expect((await fetch(`${app.url}/oauth/token`, { method: 'POST', headers, body })).status).toBe(200);
    }
  } finally {
    await behind.close();
  }
});
