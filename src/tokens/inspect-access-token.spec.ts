import { createHmac, sign } from 'node:crypto';
import type { KeyMaterial } from '../keys/key-material.js';
import { generateKey, readKey } from '../keys/key-material.js';
import type { SigningAlgorithm } from '../keys/key-schedule.js';
import { inspectAccessToken } from './inspect-access-token.js';
import type { KeySource, KnownKey } from './key-source.js';
import { readKeySet } from './key-source.js';
import type { TokenReport } from './token-report.js';

const now = new Date('2026-11-21T12:00:00Z');
const seconds = now.getTime() / 1000;
const expected = { issuer: 'https://auth.example', audience: 'https://api.example' };
const goodClaims = {
  iss: expected.issuer,
  aud: expected.audience,
  sub: 'u',
  user_id: 'u',
  role: 'user',
  sid: 's',
  client_id: 'pawl',
  epoch: 0,
  jti: 'j',
  iat: seconds - 60,
  exp: seconds + 840,
};

let es: KeyMaterial;
let rs: KeyMaterial;
let hs: KeyMaterial;
let source: KeySource;

async function material(algorithm: SigningAlgorithm): Promise<KeyMaterial> {
  return readKey((await generateKey(algorithm)).secretBytes, algorithm);
}

beforeAll(async () => {
  [es, rs, hs] = await Promise.all([material('ES256'), material('RS256'), material('HS256')]);
  source = {
    name: 'the test',
    keys: new Map<string, KnownKey>([
      ['es', { algorithm: 'ES256', verifiesWith: es.verifiesWith, state: 'current' }],
      ['rs', { algorithm: 'RS256', verifiesWith: rs.verifiesWith, state: 'retired' }],
      ['hs', { algorithm: 'HS256', verifiesWith: hs.verifiesWith, state: 'next' }],
      ['revoked', { algorithm: 'ES256', verifiesWith: es.verifiesWith, state: 'revoked' }],
      ['gone', { algorithm: 'ES256', verifiesWith: es.verifiesWith, state: 'gone' }],
      ['sealed', { algorithm: 'HS256', verifiesWith: undefined, state: 'retired' }],
    ]),
  };
});

interface Recipe {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  by?: () => [KeyMaterial, SigningAlgorithm];
}

/** By hand: a forger does not keep to what a library lets through. */
function make({ header = {}, claims = {}, by = () => [es, 'ES256'] }: Recipe): string {
  const [{ signsWith }, algorithm] = by();
  const input = [
    { alg: algorithm, typ: 'at+jwt', kid: 'es', ...header },
    { ...goodClaims, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature =
    algorithm === 'HS256'
      ? createHmac('sha256', signsWith).update(input).digest()
      : sign('sha256', Buffer.from(input), { key: signsWith, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

const inspect = (token: string): TokenReport => inspectAccessToken(token, source, expected, now).report;
const codes = (report: TokenReport) => report.problems.map(({ code }) => code);

describe('a good token', () => {
  it.each<[string, Recipe]>([
    ['ES256', {}],
    ['RS256', { header: { kid: 'rs' }, by: () => [rs, 'RS256'] }],
    ['HS256', { header: { kid: 'hs' }, by: () => [hs, 'HS256'] }],
    ['of a service', { claims: { sub: 'pawl', user_id: undefined, sid: undefined, epoch: undefined } }],
    ['for several audiences', { claims: { aud: ['x', expected.audience] } }],
    ['with the long form of its type', { header: { typ: 'application/at+jwt' } }],
  ])('%s', (_, recipe) => {
    expect(inspect(make(recipe))).toMatchObject({ kind: 'access token', good: true, problems: [] });
  });

  it('is laid out: header, claims, times in words, and what its signature was checked with', () => {
    expect(inspect(make({})).sections).toEqual({
      header: { alg: 'ES256', typ: 'at+jwt', kid: 'es' },
      claims: goodClaims,
      times: { iat: '2026-11-21T11:59:00Z, 60 seconds ago', exp: '2026-11-21T12:14:00Z, in 14 minutes' },
      signature: {
        verdict: 'good',
        'checked with': 'the test',
        'algorithm of the key': 'ES256',
        'the key is': 'current',
        'issuer expected': expected.issuer,
        'audience expected': expected.audience,
      },
    });
  });
});

describe('each problem is named', () => {
  it.each<[string, Recipe, string[]]>([
    ['expired', { claims: { exp: seconds - 180 } }, ['expired']],
    ['expired at this very instant', { claims: { exp: seconds } }, ['expired']],
    ['not valid yet', { claims: { nbf: seconds + 60 } }, ['not_yet_valid']],
    ['another issuer', { claims: { iss: 'https://evil.example' } }, ['wrong_issuer']],
    ['another audience', { claims: { aud: ['x'] } }, ['wrong_audience']],
    ['an ID token, say', { header: { typ: 'JWT' } }, ['wrong_type']],
    ['without role', { claims: { role: undefined } }, ['wrong_claims']],
    ['user_id is not sub', { claims: { user_id: 'someone else' } }, ['wrong_claims']],
    ['a critical extension', { header: { crit: ['b64'] } }, ['critical_extension']],
    ['an unknown key', { header: { kid: 'nobody' } }, ['unknown_key']],
    ['no kid', { header: { kid: undefined } }, ['unknown_key']],
    ['a revoked key', { header: { kid: 'revoked' } }, ['revoked_key']],
    ['a key whose time is over', { header: { kid: 'gone' } }, ['unknown_key']],
    ['a key that cannot be opened here', { header: { kid: 'sealed', alg: 'HS256' } }, ['unknown_key']],
    ['another algorithm than the key’s', { header: { alg: 'HS256' } }, ['wrong_algorithm']],
    ['alg none', { header: { alg: 'none' } }, ['wrong_algorithm']],
    ['alg is not text', { header: { alg: 7 } }, ['wrong_algorithm']],
    ['signed by another key', { by: () => [rs, 'RS256'], header: { alg: 'ES256' } }, ['bad_signature']],
    [
      'all at once',
      { claims: { exp: 1, iss: 'x', aud: 'y' }, header: { typ: 'x', kid: 'z' } },
      ['unknown_key', 'wrong_type', 'wrong_issuer', 'wrong_audience', 'expired'],
    ],
  ])('%s', (_, recipe, expectedCodes) => {
    const report = inspect(make(recipe));
    expect(codes(report)).toEqual(expectedCodes);
    expect(report.good).toBe(false);
    for (const { message } of report.problems) expect(message).toMatch(/^.+\.$/);
  });

  it('says in words since when', () => {
    expect(inspect(make({ claims: { exp: seconds - 180 } })).problems).toEqual([
      { code: 'expired', message: 'It expired 3 minutes ago.' },
    ]);
  });

  it('a changed claim breaks the signature', () => {
    const [header, payload, signature] = make({}).split('.');
    const changed = Buffer.from(payload!, 'base64url').toString().replace('"role":"user"', '"role":"admin"');
    const report = inspect([header, Buffer.from(changed).toString('base64url'), signature].join('.'));
    expect(codes(report)).toEqual(['bad_signature']);
    expect(inspectAccessToken(make({}), source, expected, now).claims).toBeDefined();
  });

  it.each(['', 'hunter2', 'a.b.c', 'eyJhbGciOiJFUzI1NiJ9', '....', 'null.null.null', 'W10.W10.x'])(
    '%j is not a token, and is not repeated',
    (text) => {
      const report = inspect(text);
      expect(report).toMatchObject({ kind: 'unknown', good: false, sections: {} });
      expect(codes(report)).toEqual(['malformed']);
      if (text.length > 3) expect(JSON.stringify(report)).not.toContain(text);
    },
  );

  it('times that no clock has are left to the claims', () => {
    for (const exp of [1e300, -1e300, Number.MAX_SAFE_INTEGER])
      expect(inspect(make({ claims: { exp } })).kind).toBe('access token');
  });
});

describe('a report', () => {
  it('holds no signature: nobody can put the token together again', () => {
    const token = make({});
    const report = JSON.stringify(inspect(token));
    expect(report).not.toContain(token.split('.')[2]);
  });

  it('without expectations says that they were not checked', () => {
    const none = { issuer: undefined, audience: undefined };
    const { report } = inspectAccessToken(make({ claims: { iss: 'x', aud: 'y' } }), source, none, now);
    expect(report).toMatchObject({
      good: true,
      sections: { signature: { 'issuer expected': '(not checked)', 'audience expected': '(not checked)' } },
    });
  });
});

describe('a key set', () => {
  const set = (...keys: unknown[]) => readKeySet('here', JSON.stringify({ keys }));

  it('verifies what its keys signed', () => {
    const ours = set({ ...es.publicJwk, kid: 'es' })!;
    expect(inspectAccessToken(make({}), ours, expected, now).report.good).toBe(true);
  });

  it('skips keys that are not for signatures: shared secrets, keys for encryption, unknown kinds', () => {
    const keys = set(
      { kty: 'oct', kid: 'a', k: 'AAAA' },
      { ...es.publicJwk, kid: 'b', use: 'enc' },
      { kty: 'XYZ', kid: 'c' },
      { ...rs.publicJwk, kid: 'd', alg: undefined, use: undefined },
    )!;
    expect([...keys.keys.keys()]).toEqual(['d']);
  });

  it.each(['', '[]', '{}', '{"keys":{}}', '<html>'])('is not %j', (text) => {
    expect(readKeySet('here', text)).toBeUndefined();
  });
});
