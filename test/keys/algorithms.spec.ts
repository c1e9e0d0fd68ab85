import type { KeyObject } from 'node:crypto';
import { constants, createHmac, sign as signBytes } from 'node:crypto';
import { calculateJwkThumbprint, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { SigningKeys } from '../../src/keys/signing-keys.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, login, register } from '../support/http.js';
import { daySeconds, hourSeconds, keyRows, kidOf, lookAfterKeys, publishedKeys } from './key-story.js';

const me = (app: TestApp, token: string) => call(app, 'GET', '/auth/me', { token });
const publishSeconds = 360;

describe.each(['ES256', 'RS256', 'PS256'] as const)('JWT_ALGORITHM=%s', (algorithm) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ env: { JWT_ALGORITHM: algorithm } });
  });
  afterAll(() => app.close());

  it('signs with it, and anyone can verify with the JWKS', async () => {
    const { access_token: token } = await register(app);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, typ: 'at+jwt' });
    await expectStatus(me(app, token), 200);
    const remote = createRemoteJWKSet(new URL('/.well-known/jwks.json', app.url));
    await jwtVerify(token, remote, { algorithms: [algorithm], issuer: 'http://localhost:3000', typ: 'at+jwt' });
  });

  it('publishes public parts only, under their RFC 7638 thumbprints', async () => {
    const keys = await publishedKeys(app);
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(key).toMatchObject({ alg: algorithm, use: 'sig', kid: await calculateJwkThumbprint(key) });
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret);
    }
  });
});

describe('JWT_ALGORITHM=HS256', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ env: { JWT_ALGORITHM: 'HS256' } });
  });
  afterAll(() => app.close());

  it('signs with a shared secret that the JWKS never shows', async () => {
    const { access_token: token } = await register(app);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'HS256', typ: 'at+jwt' });
    await expectStatus(me(app, token), 200);
    expect(await publishedKeys(app)).toEqual([]);
    for (const row of await keyRows(app)) expect(row).toMatchObject({ algorithm: 'HS256', public_jwk: null });
  });

  it('has ids that reveal nothing about the secret, and no secret in clear in the database', async () => {
    const { kid, signsWith } = app.nest.get(SigningKeys).current;
    const secret = signsWith.export();
    expect(secret).toHaveLength(32);
    const [dump] = await app.db.query<{ text: string }>(
      `SELECT string_agg(signing_keys::text, '') AS text FROM signing_keys`,
    );
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      expect(dump!.text).not.toContain(secret.toString(encoding).replace(/=+$/, ''));
      expect(kid).not.toBe(secret.subarray(0, 16).toString(encoding));
    }
  });

  it('rotates like any other', async () => {
    const { user, access_token: before } = await register(app);
    app.clock.advanceSeconds(30 * daySeconds + hourSeconds);
    await lookAfterKeys(app);
    const { access_token: after } = await login(app, user.email);
    expect(kidOf(after)).not.toBe(kidOf(before));
    await expectStatus(me(app, after), 200);
  });
});

describe('a change of JWT_ALGORITHM', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  it('is a rotation: the new key waits its time in the JWKS, and old tokens live out theirs', async () => {
    const before = await startApp({ database: db });
    const { user, access_token: old } = await register(before);
    const [current] = await publishedKeys(before);
    await before.close();

    const after = await startApp({ database: db, clock: before.clock, env: { JWT_ALGORITHM: 'RS256' } });
    expect((await publishedKeys(after)).map(({ alg }) => alg)).toEqual(['ES256', 'RS256', 'RS256']);
    expect(kidOf((await login(after, user.email)).access_token)).toBe(current!.kid);

    after.clock.advanceSeconds(publishSeconds);
    const { access_token: fresh } = await login(after, user.email);
    expect(decodeProtectedHeader(fresh).alg).toBe('RS256');
    await lookAfterKeys(after);
    await expectStatus(me(after, old), 200);
    await expectStatus(me(after, fresh), 200);

    after.clock.advanceSeconds(hourSeconds);
    await lookAfterKeys(after);
    expect((await publishedKeys(after)).map(({ alg }) => alg)).toEqual(['RS256', 'RS256']);
    await after.close();
  });

  it('by one instance is followed by the others, which do not change it back', async () => {
    const old = await startApp({ database: db });
    const changed = await startApp({ database: db, clock: old.clock, env: { JWT_ALGORITHM: 'PS256' } });
    for (const app of [old, changed, old, changed]) await lookAfterKeys(app);
    expect((await keyRows({ db })).map((row) => row.algorithm)).toEqual(['ES256', 'PS256', 'PS256']);
    old.clock.advanceSeconds(publishSeconds);
    const { access_token: token } = await register(old);
    expect(decodeProtectedHeader(token).alg).toBe('PS256');
    await expectStatus(me(changed, token), 200);
    await Promise.all([old.close(), changed.close()]);
  });
});

describe('a key is used with its own algorithm only', () => {
  const algorithms = ['ES256', 'RS256', 'PS256', 'HS256'] as const;
  type Algorithm = (typeof algorithms)[number];
  let app: TestApp;
  let tokens: Tokens;
  const keys = {} as Record<Algorithm, { kid: string; secret: KeyObject; known: KeyObject }>;

  /** One service that has been through every algorithm, so that a key of each is trusted at once. */
  beforeAll(async () => {
    const db = await createTestDatabase();
    app = await startApp({ database: db, env: { JWT_ALGORITHM: algorithms[0], ACCESS_TOKEN_TTL: '1d' } });
    for (const algorithm of algorithms) {
      const env = { JWT_ALGORITHM: algorithm, ACCESS_TOKEN_TTL: '1d' };
      const { clock } = app;
      await app.close();
      app = await startApp({ database: db, clock, env });
      clock.advanceSeconds(publishSeconds);
      const { kid, algorithm: own, signsWith, verifiesWith } = app.nest.get(SigningKeys).current;
      expect(own).toBe(algorithm);
      keys[algorithm] = { kid, secret: signsWith, known: verifiesWith };
    }
    tokens = await register(app);
  });
  afterAll(async () => {
    await app.close();
    await app.db.drop();
  });

  const sign: Record<Algorithm, (input: Buffer, key: KeyObject) => Buffer> = {
    ES256: (input, key) => signBytes('sha256', input, { key, dsaEncoding: 'ieee-p1363' }),
    RS256: (input, key) => signBytes('sha256', input, key),
    PS256: (input, key) =>
      signBytes('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
    HS256: (input, key) => createHmac('sha256', key).update(input).digest(),
  };

  /** The claims of a valid token under the given header, signed by `algorithm` with `key`. */
  function forge(kid: string, alg: string, algorithm: Algorithm, key: KeyObject): string {
    const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid })).toString('base64url');
    const input = `${header}.${tokens.access_token.split('.')[1]}`;
    return `${input}.${sign[algorithm](Buffer.from(input), key).toString('base64url')}`;
  }

  it.each(algorithms)('%s signs what its own key says', async (algorithm) => {
    const { kid, secret } = keys[algorithm];
    await expectStatus(me(app, forge(kid, algorithm, algorithm, secret)), 200);
  });

  const pairs = algorithms.flatMap((named) => algorithms.filter((used) => used !== named).map((used) => [named, used]));

  it.each(pairs as [Algorithm, Algorithm][])(
    'a token that names the %s key and is signed with our %s key is refused, whatever alg it says',
    async (named, used) => {
      for (const alg of [named, used]) {
        const token = forge(keys[named].kid, alg, used, keys[used].secret);
        await expectProblem(me(app, token), 401, 'token_invalid');
      }
    },
  );

  it.each([
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
  ] as const)('an RSA key of %s does not verify %s', async (own, other) => {
    const { kid, secret } = keys[own];
    for (const alg of [own, other]) {
      await expectProblem(me(app, forge(kid, alg, other, secret)), 401, 'token_invalid');
    }
  });

  it.each(['ES256', 'RS256', 'PS256'] as const)(
    'the public half of the %s key is not accepted as a shared secret',
    async (named) => {
      const { kid, known } = keys[named];
      const forms = [
        known.export({ type: 'spki', format: 'pem' }),
        known.export({ type: 'spki', format: 'der' }),
        JSON.stringify(known.export({ format: 'jwk' })),
      ];
      for (const form of forms) {
        const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid })).toString('base64url');
        const input = `${header}.${tokens.access_token.split('.')[1]}`;
        const token = `${input}.${createHmac('sha256', form).update(input).digest('base64url')}`;
        await expectProblem(me(app, token), 401, 'token_invalid');
      }
    },
  );
});
