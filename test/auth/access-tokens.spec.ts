import type { KeyObject } from 'node:crypto';
import { constants, createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { ErrorCode } from '../../src/common/errors.js';
import { SigningKeys } from '../../src/keys/signing-keys.js';
import { AccessTokens } from '../../src/tokens/access-token.js';
import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, login, refresh, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';

type Json = Record<string, unknown>;

/** A forgery with our signing key: any header, any claims. */
interface Forgery {
  header?: Json;
  claims?: Json;
  /** Leaves these out of header and claims. */
  without?: string[];
  sign?: (input: string) => Buffer;
}

let app: TestApp;
let tokens: Tokens;
let keys: SigningKeys;

beforeAll(async () => {
  app = await startApp();
  keys = app.nest.get(SigningKeys);
  tokens = await register(app);
});
afterAll(() => app.close());

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json;
const headerOf = (token: string) => decode(token.split('.')[0]!);
const claimsOf = (token: string) => decode(token.split('.')[1]!);

function es256(key: KeyObject): (input: string) => Buffer {
  return (input) => signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

/** The valid token of `tokens`, changed and signed with the real key. */
function forge({ header = {}, claims = {}, without = [], sign = es256(keys.current.signsWith) }: Forgery = {}): string {
  const drop = (object: Json) => Object.fromEntries(Object.entries(object).filter(([name]) => !without.includes(name)));
  const input = [
    encode(drop({ ...headerOf(tokens.access_token), ...header })),
    encode(drop({ ...claimsOf(tokens.access_token), ...claims })),
  ].join('.');
  return `${input}.${sign(input).toString('base64url')}`;
}

const me = (authorization: string) => rawCall(app, { path: '/auth/me', headers: [['Authorization', authorization]] });

const now = () => app.clock.nowSeconds();

function hs256(secret: string | Buffer) {
  return (input: string) => createHmac('sha256', secret).update(input).digest();
}

describe('a valid access token', () => {
  it('opens a protected route, and the forger of these tests can make one', async () => {
    await expectStatus(call(app, 'GET', '/auth/me', { token: tokens.access_token }), 200);
    await expectStatus(call(app, 'GET', '/auth/me', { token: forge() }), 200);
  });

  it('is a JWT of RFC 9068 that anyone can verify with /.well-known/jwks.json alone', async () => {
    const jwks = createRemoteJWKSet(new URL('/.well-known/jwks.json', app.url));
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, jwks, {
      issuer: 'http://localhost:3000',
      audience: 'http://localhost:3000',
      typ: 'at+jwt',
      algorithms: ['ES256'],
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keys.current.kid });
    expect(payload).toEqual({
      iss: 'http://localhost:3000',
      aud: 'http://localhost:3000',
      sub: tokens.user.id,
      user_id: tokens.user.id,
      role: 'user',
      sid: tokens.session_id,
      client_id: 'pawl',
      epoch: 0,
      auth_time: expect.any(Number),
      amr: ['pwd'],
      acr: 'aal1',
      jti: expect.stringMatching(/^[\w-]{20,}$/),
      iat: expect.any(Number),
      exp: payload.iat! + 15 * 60,
    });
    expect(tokens.expires_in).toBe(15 * 60);
  });

  it('has another jti each time, also for the same session', async () => {
    const again = (await expectStatus(refresh(app, tokens.refresh_token), 200)) as Tokens;
    expect(claimsOf(again.access_token).sid).toBe(tokens.session_id);
    expect(claimsOf(again.access_token).jti).not.toBe(claimsOf(tokens.access_token).jti);
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('is accepted with the scheme written %s', async (scheme) => {
    await expectStatus(me(`${scheme} ${tokens.access_token}`), 200);
  });

  it('is accepted with typ application/at+jwt too (RFC 9068 section 4)', async () => {
    await expectStatus(call(app, 'GET', '/auth/me', { token: forge({ header: { typ: 'application/at+jwt' } }) }), 200);
  });

  it('is answered with Cache-Control: no-store', async () => {
    const { headers } = await call(app, 'GET', '/auth/me', { token: tokens.access_token });
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('no access token: 401 token_missing, and WWW-Authenticate names no error (RFC 6750 section 3.1)', () => {
  it.each<[string, [string, string][], string]>([
    ['no header', [], '/auth/me'],
    ['an empty header', [['Authorization', '']], '/auth/me'],
    ['Basic', [['Authorization', 'Basic dXNlcjpwYXNz']], '/auth/me'],
    ['Basic in front of a good token', [['Authorization', 'Basic $TOKEN']], '/auth/me'],
    ['a scheme that begins like Bearer', [['Authorization', 'Bearerish $TOKEN']], '/auth/me'],
    ['the token without a scheme', [['Authorization', '$TOKEN']], '/auth/me'],
    ['in the query as access_token', [], '/auth/me?access_token=$TOKEN'],
    ['in the query as token', [], '/auth/me?token=$TOKEN&authorization=Bearer%20$TOKEN&jwt=$TOKEN'],
    [
      'in a header of another name',
      [
        ['X-Access-Token', '$TOKEN'],
        ['Proxy-Authorization', 'Bearer $TOKEN'],
      ],
      '/auth/me',
    ],
    ['in a cookie of another name', [['Cookie', 'access_token=$TOKEN; pawl_access=$TOKEN']], '/auth/me'],
  ])('%s', async (_, headers, path) => {
    const fill = (text: string) => text.replaceAll('$TOKEN', tokens.access_token);
    const answer = await rawCall(app, {
      path: fill(path),
      headers: headers.map(([name, value]) => [name, fill(value)]),
    });
    await expectProblem(answer, 401, 'token_missing');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="pawl"');
  });

  it('a form body with access_token (RFC 6750 section 2.2) is not a credential either', async () => {
    const answer = await rawCall(app, {
      method: 'POST',
      path: '/auth/logout-all',
      headers: [['Content-Type', 'application/json']],
      body: JSON.stringify({ access_token: tokens.access_token }),
    });
    await expectProblem(answer, 401, 'token_missing');
  });
});

/** Each is sent as `Authorization: Bearer <token>`. */
const badTokens: [name: string, token: () => string, code?: ErrorCode][] = [
  ['empty', () => ''],
  ['spaces only', () => '   '],
  ['two tokens', () => `${tokens.access_token} ${tokens.access_token}`],
  ['two tokens, separated by a comma', () => `${tokens.access_token}, Bearer ${tokens.access_token}`],
  ['a space at the wrong place', () => tokens.access_token.replace('.', '. ')],
  ['in quotes', () => `"${tokens.access_token}"`],
  ['not a JWT', () => 'hello'],
  ['dots only', () => '..'],
  ['a dot too many', () => `${tokens.access_token}.`],
  ['four parts', () => `${tokens.access_token}.${tokens.access_token.split('.')[2]}`],
  ['a header that is not JSON', () => `${Buffer.from('{"alg"').toString('base64url')}.e30.AA`],
  ['a header that is null', () => `${encode(null)}.e30.AA`],
  ['a header that is an array', () => `${encode(['ES256', 'at+jwt'])}.e30.AA`],
  ['a header that is a string', () => `${encode('kid')}.e30.AA`],

  ['expired', () => forge({ claims: { iat: now() - 901, exp: now() - 1 } }), 'token_expired'],
  ['expired this very second', () => forge({ claims: { exp: now() } }), 'token_expired'],
  ['expired, and of a wrong issuer', () => forge({ claims: { exp: now() - 1, iss: 'https://evil.example' } })],
  ['not yet valid', () => forge({ claims: { nbf: now() + 60 } })],
  ['nbf that is not a number', () => forge({ claims: { nbf: 'yesterday' } })],
  ['without exp', () => forge({ without: ['exp'] })],
  ['exp as text', () => forge({ claims: { exp: String(now() + 60) } })],
  ['exp null', () => forge({ claims: { exp: null } })],
  ['another issuer', () => forge({ claims: { iss: 'https://evil.example' } })],
  ['the issuer with a slash', () => forge({ claims: { iss: 'http://localhost:3000/' } })],
  ['without issuer', () => forge({ without: ['iss'] })],
  ['another audience', () => forge({ claims: { aud: 'https://api.example' } })],
  ['an empty list of audiences', () => forge({ claims: { aud: [] } })],
  ['without audience', () => forge({ without: ['aud'] })],
  ...['sub', 'user_id', 'role', 'sid', 'client_id', 'epoch', 'jti', 'iat'].map((claim): [string, () => string] => [
    `without ${claim}`,
    () => forge({ without: [claim] }),
  ]),
  ['user_id is not sub', () => forge({ claims: { user_id: '00000000-0000-7000-8000-000000000000' } })],
  [
    'the token of a service whose client_id is not sub',
    () => forge({ claims: { sub: 'orders', client_id: 'billing' }, without: ['user_id', 'sid', 'epoch'] }),
  ],
  ['role is a list', () => forge({ claims: { role: ['admin'] } })],
  ['epoch is a text', () => forge({ claims: { epoch: '0' } })],
  [
    'claims that are not an object',
    () => {
      const input = `${encode(headerOf(tokens.access_token))}.${encode('admin')}`;
      return `${input}.${es256(keys.current.signsWith)(input).toString('base64url')}`;
    },
  ],

  ['typ JWT: an ID token, say', () => forge({ header: { typ: 'JWT' } })],
  ['without typ', () => forge({ without: ['typ'] })],
  ['typ is a list', () => forge({ header: { typ: ['at+jwt'] } })],
  ['kid unknown', () => forge({ header: { kid: 'nobody' } })],
  ['kid __proto__', () => forge({ header: { kid: '__proto__' } })],
  ['kid is an object', () => forge({ header: { kid: { toString: 'x' } } })],
  ['kid is a path', () => forge({ header: { kid: '../../../dev/null' } })],
  ['without kid', () => forge({ without: ['kid'] })],
  ['crit', () => forge({ header: { crit: ['exp'] } })],
  ['crit of an unknown extension', () => forge({ header: { crit: ['b64'], b64: false } })],

  ['alg none, unsigned', () => forge({ header: { alg: 'none' }, sign: () => Buffer.alloc(0) })],
  ['alg NoNe, unsigned', () => forge({ header: { alg: 'NoNe' }, sign: () => Buffer.alloc(0) })],
  ['alg none with a signature', () => forge({ header: { alg: 'none' } })],
  ['without alg', () => forge({ without: ['alg'] })],
  ['alg ES256, unsigned', () => forge({ sign: () => Buffer.alloc(0) })],
  ['a signature of zeros (CVE-2022-21449)', () => forge({ sign: () => Buffer.alloc(64) })],
  [
    'a signature in DER',
    () => forge({ sign: (input) => signBytes('sha256', Buffer.from(input), keys.current.signsWith) }),
  ],
  [
    'HS256 signed with the public key as PEM',
    () => {
      const pem = keys.current.verifiesWith.export({ type: 'spki', format: 'pem' });
      return forge({ header: { alg: 'HS256' }, sign: hs256(pem) });
    },
  ],
  [
    'HS256 signed with the public key as DER',
    () => {
      const der = keys.current.verifiesWith.export({ type: 'spki', format: 'der' });
      return forge({ header: { alg: 'HS256' }, sign: hs256(der) });
    },
  ],
  [
    'HS256 signed with the public key as JWK',
    () => forge({ header: { alg: 'HS256' }, sign: hs256(JSON.stringify(keys.current.publicJwk)) }),
  ],
  ['HS256 signed with the AUTH_SECRET', () => forge({ header: { alg: 'HS256' }, sign: hs256(testSecret) })],
  ['ES256 bytes under the name ES384', () => forge({ header: { alg: 'ES384' } })],

  [
    'changed claims',
    () => {
      const [header, , signature] = tokens.access_token.split('.');
      return [header, encode({ ...claimsOf(tokens.access_token), role: 'admin' }), signature].join('.');
    },
  ],
  [
    'changed header',
    () => {
      const [, claims, signature] = tokens.access_token.split('.');
      return [encode({ ...headerOf(tokens.access_token), x: 1 }), claims, signature].join('.');
    },
  ],
  ['without its signature', () => tokens.access_token.split('.').slice(0, 2).join('.')],
  ['truncated by one character', () => tokens.access_token.slice(0, -1)],
  ['a character longer', () => `${tokens.access_token}A`],
  ['padded', () => `${tokens.access_token}==`],
  ['8 kB of one letter', () => 'a'.repeat(8000)],
  ['longer than any of ours, though signed', () => forge({ claims: { padding: 'a'.repeat(6000) } })],

  ['a refresh token', () => tokens.refresh_token],
  ['a session id', () => tokens.session_id],
];

describe('an invalid access token: 401, and WWW-Authenticate says invalid_token', () => {
  it.each(badTokens)('%s', async (_, token, code = 'token_invalid') => {
    const answer = await me(`Bearer ${token()}`);
    await expectProblem(answer, 401, code);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="pawl", error="invalid_token"');
  });

  it('every other last character is refused: a token has one spelling (RFC 4648 section 3.5)', async () => {
    const good = tokens.access_token;
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      const token = good.slice(0, -1) + last;
      if (token !== good) await expectProblem(call(app, 'GET', '/auth/me', { token }), 401, 'token_invalid');
    }
  });

  it('signed by another P-256 key that the token brings along as jwk, jku or x5u: never read', async () => {
    const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = theirs.publicKey.export({ format: 'jwk' });
    let fetched = 0;
    const server = createServer((_request, response) => {
      fetched++;
      response.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/jwks.json`;
    for (const header of [{ jwk }, { jku: url }, { x5u: url }, { jwk, kid: 'theirs' }, { jku: url, kid: 'theirs' }]) {
      const token = forge({ header, sign: es256(theirs.privateKey) });
      await expectProblem(call(app, 'GET', '/auth/me', { token }), 401, 'token_invalid');
    }
    server.close();
    expect(fetched).toBe(0);
  });

  it('PS256 and RS256 with a key of the forger: the algorithm is our key’s own (RFC 8725 section 3.1)', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rs256 = (input: string) => signBytes('sha256', Buffer.from(input), privateKey);
    const ps256 = (input: string) =>
      signBytes('sha256', Buffer.from(input), { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING });
    for (const token of [
      forge({ header: { alg: 'RS256' }, sign: rs256 }),
      forge({ header: { alg: 'PS256' }, sign: ps256 }),
    ]) {
      await expectProblem(call(app, 'GET', '/auth/me', { token }), 401, 'token_invalid');
    }
  });

  it.each(['GET', 'POST'])('100 KB long, with %s: 401 or 431, and the service keeps working', async (method) => {
    const { status } = await rawCall(app, {
      method,
      path: '/auth/logout-all',
      headers: [['Authorization', `Bearer ${'a'.repeat(100_000)}`]],
    });
    expect([401, 431]).toContain(status);
    await expectStatus(call(app, 'GET', '/auth/me', { token: tokens.access_token }), 200);
  });

  it('is refused in the access cookie too', async () => {
    for (const [, token, code = 'token_invalid'] of badTokens) {
      const value = encodeURIComponent(token());
      const answer = await rawCall(app, { path: '/auth/me', headers: [['Cookie', `__Host-pawl_access=${value}`]] });
      await expectProblem(answer, 401, code);
    }
  });
});

describe('two Authorization headers: 400 invalid_request', () => {
  it.each<[string, string, string]>([
    ['twice the same good token', 'Bearer $TOKEN', 'Bearer $TOKEN'],
    ['good, then bad', 'Bearer $TOKEN', 'Bearer bad'],
    ['bad, then good', 'Bearer bad', 'Bearer $TOKEN'],
    ['Basic, then good', 'Basic dXNlcjpwYXNz', 'Bearer $TOKEN'],
    ['empty, then good', '', 'Bearer $TOKEN'],
  ])('%s', async (_, first, second) => {
    const fill = (text: string) => text.replace('$TOKEN', tokens.access_token);
    const headers = [
      ['Authorization', fill(first)],
      ['authorization', fill(second)],
    ] as const;
    await expectProblem(rawCall(app, { path: '/auth/me', headers }), 400, 'invalid_request');
    await expectProblem(rawCall(app, { method: 'POST', path: '/auth/logout', headers }), 400, 'invalid_request');
  });
});

describe('a verified token is remembered', () => {
  it('and refused once it has expired', async () => {
    const own = await startAppForTest();
    const { access_token: token } = await register(own);
    await expectStatus(call(own, 'GET', '/auth/me', { token }), 200);
    own.clock.advanceSeconds(15 * 60 - 2);
    await expectStatus(call(own, 'GET', '/auth/me', { token }), 200);
    own.clock.advanceSeconds(3);
    await expectProblem(call(own, 'GET', '/auth/me', { token }), 401, 'token_expired');
  });

  it('and refused once its session has ended', async () => {
    const { access_token: token } = await register(app);
    await expectStatus(call(app, 'GET', '/auth/me', { token }), 200);
    await expectStatus(call(app, 'POST', '/auth/logout', { token }), 204);
    const answer = await expectProblem(call(app, 'GET', '/auth/me', { token }), 401, 'token_revoked');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="pawl", error="invalid_token"');
  });

  it('and refused once the user has signed out everywhere, on every session', async () => {
    const first = await register(app);
    const second = await login(app, first.user.email);
    for (const { access_token: token } of [first, second])
      await expectStatus(call(app, 'GET', '/auth/me', { token }), 200);
    await expectStatus(call(app, 'POST', '/auth/logout-all', { token: first.access_token }), 204);
    for (const { access_token: token } of [first, second]) {
      await expectProblem(call(app, 'GET', '/auth/me', { token }), 401, 'token_revoked');
    }
    const third = await login(app, first.user.email);
    await expectStatus(call(app, 'GET', '/auth/me', { token: third.access_token }), 200);
  });

  it('within bounds: minting tokens without end does not fill the memory', async () => {
    const accessTokens = app.nest.get(AccessTokens);
    for (let i = 0; i < 10_100; i++) await accessTokens.verify(forge({ claims: { jti: `token-${i}` } }));
    const { size } = Reflect.get(accessTokens, 'remembered') as Map<string, unknown>;
    expect(size).toBe(10_000);
  });

  it('but not a refused token: an invalid one stays invalid, a valid one valid', async () => {
    const bad = forge({ claims: { role: 7 } });
    for (let i = 0; i < 3; i++) {
      await expectProblem(call(app, 'GET', '/auth/me', { token: bad }), 401, 'token_invalid');
      await expectStatus(call(app, 'GET', '/auth/me', { token: tokens.access_token }), 200);
    }
  });
});

describe('the end of a session bounds its access tokens', () => {
  it('a token issued shortly before the end of its session expires with the session', async () => {
    const own = await startAppForTest({ env: { SESSION_TTL: '10m', ACCESS_TOKEN_TTL: '15m' } });
    const signedIn = await register(own);
    expect(signedIn.expires_in).toBeGreaterThan(8 * 60);
    expect(signedIn.expires_in).toBeLessThanOrEqual(10 * 60);
    const { exp, iat } = claimsOf(signedIn.access_token) as { exp: number; iat: number };
    expect(exp - iat).toBe(signedIn.expires_in);
  });
});
