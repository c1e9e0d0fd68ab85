import { SigningKeys } from '../../src/keys/signing-keys.js';
import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import { call, expectStatus, register } from '../support/http.js';
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('the signing key', () => {
  it('is published with its public part only, and may be cached', async () => {
    const { status, headers, body } = await call(app, 'GET', '/.well-known/jwks.json');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    const publicKey = {
      kty: 'EC',
      crv: 'P-256',
      x: expect.any(String),
      y: expect.any(String),
      alg: 'ES256',
      use: 'sig',
    };
    expect(body).toEqual({
      keys: [
        { ...publicKey, kid: app.nest.get(SigningKeys).current.kid },
        // The next one: it can take over without any verifier noticing.
        { ...publicKey, kid: expect.any(String) },
      ],
    });
  });

  it('survives a restart: older tokens are still valid, and every instance accepts them', async () => {
    const database = await createDatabaseForTest();
    const first = await startAppForTest({ database });
    const second = await startAppForTest({ database });
    const { access_token: token } = await register(first);
    await expectStatus(call(second, 'GET', '/auth/me', { token }), 200);
    await first.close();
    await second.close();
    const third = await startAppForTest({ database });
    await expectStatus(call(third, 'GET', '/auth/me', { token }), 200);
  });

  it('is one key even if five instances start at once on an empty database', async () => {
    const database = await createDatabaseForTest();
    const apps = await Promise.all(Array.from({ length: 5 }, () => startAppForTest({ database })));
    const kids = apps.map((one) => one.nest.get(SigningKeys).current.kid);
    expect(new Set(kids).size).toBe(1);
  });

  it('is not in clear in the database', async () => {
    const { kid, signsWith: privateKey } = app.nest.get(SigningKeys).current;
    const [row] = await app.db.query<{ private_key_sealed: Buffer; text: string }>(
      'SELECT private_key_sealed, signing_keys::text AS text FROM signing_keys WHERE kid = $1',
      [kid],
    );
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    const { d } = privateKey.export({ format: 'jwk' });
    const scalar = Buffer.from(d!, 'base64url');
    expect(row!.private_key_sealed.includes(scalar)).toBe(false);
    expect(row!.private_key_sealed.includes(pkcs8.subarray(0, 26))).toBe(false);
    for (const clear of [d!, scalar.toString('hex'), scalar.toString('base64'), 'PRIVATE KEY']) {
      expect(row!.text).not.toContain(clear);
    }
  });

  it('opens under another AUTH_SECRET only if the old one is set too; otherwise the start says what to do', async () => {
    const database = await createDatabaseForTest();
    const other = 'another-secret-for-tests-of-at-least-32-characters';
    const first = await startAppForTest({ database });
    const { access_token: token } = await register(first);
    await first.close();
    await expect(startAppForTest({ database, env: { AUTH_SECRET: other } })).rejects.toThrow(
      /^The signing keys in the database were sealed under another AUTH_SECRET\. Start with that value too, after the new one: AUTH_SECRET=new,old\.$/,
    );
    const both = await startAppForTest({ database, env: { AUTH_SECRET: `${other},${testSecret}` } });
    await expectStatus(call(both, 'GET', '/auth/me', { token }), 200);
  });

  it('that was moved to another row does not open: its id is authenticated', async () => {
    const database = await createDatabaseForTest();
    await (await startAppForTest({ database })).close();
    await database.query(`UPDATE signing_keys SET kid = 'another' WHERE signs_from <= now()`);
    await expect(startAppForTest({ database })).rejects.toThrow('damaged');
  });
});
