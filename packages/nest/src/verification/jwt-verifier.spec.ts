import type { TestIssuer } from '../testing/test-issuer.js';
import { createTestIssuer } from '../testing/test-issuer.js';
import type { TestTokenOptions } from '../testing/token-options.js';
import { JwtVerifier } from './jwt-verifier.js';
import { KeySet } from './key-set.js';

const sixMinutesMs = 6 * 60_000;
let issuer: TestIssuer;
let keys: KeySet;
let verifier: JwtVerifier;
let laterMs: number;

beforeEach(async () => {
  laterMs = 0;
  issuer = await createTestIssuer();
  keys = new KeySet(issuer.jwksUri, () => performance.now() + laterMs);
  const { issuer: name, audience } = issuer;
  verifier = new JwtVerifier(keys, { issuer: name, audience }, () => Date.now() + laterMs);
});
afterEach(() => issuer.close());

const refusal = async (token: string) => {
  try {
    await verifier.verify(token);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
};

it.each<[string | undefined, TestTokenOptions]>([
  [undefined, {}],
  ['token_invalid', { audience: 'https://another-service.example' }],
  ['token_invalid', { issuer: 'https://another-issuer.example' }],
  ['token_invalid', { type: 'JWT' }],
  ['token_expired', { expiresInSeconds: -1 }],
])('the refusal is %s of a token with %j', async (code, options) => {
  expect(await refusal(issuer.token(options))).toBe(code);
});

it('a token that was verified before is refused once it has expired', async () => {
  const token = issuer.token({ expiresInSeconds: 600 });
  expect(await refusal(token)).toBeUndefined();
  laterMs = 599_000 - 60_000;
  expect(await refusal(token)).toBeUndefined();
  laterMs = 600_000;
  expect(await refusal(token)).toBe('token_expired');
});

it('a token from more than five minutes ahead is refused until then (attack: a revoked token outlives its revocation, because the clock was set back)', async () => {
  const known = issuer.token();
  expect(await refusal(known)).toBeUndefined();
  for (const token of [known, issuer.token()]) {
    laterMs = -sixMinutesMs;
    expect(await refusal(token)).toBe('token_expired');
    expect(await refusal(token)).toBe('token_expired');
    laterMs = -4 * 60_000;
    expect(await refusal(token)).toBeUndefined();
  }
});

it('a token that was verified before is refused once its key is not published any more (attack: a stolen key)', async () => {
  const token = issuer.token();
  expect(await refusal(token)).toBeUndefined();
  issuer.rotateKey({ withdrawOld: true });
  laterMs = sixMinutesMs;
  await keys.refresh();
  expect(await refusal(token)).toBe('token_invalid');
});
