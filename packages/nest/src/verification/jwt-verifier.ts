import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { AccessError } from '../access-error.js';
import { hasOneSpelling } from './compact-jws.js';
import type { KeySet, VerificationKey } from './key-set.js';
import type { VerifiedToken } from './verified-token.js';
import { assertValidAt, toVerifiedToken } from './verified-token.js';

const maxRememberedTokens = 10_000;
const maxTokenCharacters = 8192;

/** Verifies access tokens with Pawl's published keys, as RFC 9068 section 4 and RFC 8725 say. */
export class JwtVerifier {
  /** Each signature is checked once. The least recently used tokens are dropped. */
  private readonly remembered = new LRUCache<string, { key: VerificationKey; token: VerifiedToken }>({
    max: maxRememberedTokens,
  });
  /** Verifications that are under way, so that concurrent requests share one. */
  private readonly pending = new Map<string, Promise<VerifiedToken>>();

  constructor(
    private readonly keys: KeySet,
    private readonly expected: { issuer: string; audience: string },
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Returns a promise only if the token was not verified before. Throws `token_expired` or `token_invalid`. */
  verify(text: string): VerifiedToken | Promise<VerifiedToken> {
    const known = this.remembered.get(text);
    if (known && this.keys.has(known.key)) {
      assertValidAt(this.nowMs(), known.token);
      return known.token;
    }
    const pending = this.pending.get(text);
    if (pending) return pending;
    const verifying = this.verifyNew(text).finally(() => this.pending.delete(text));
    this.pending.set(text, verifying);
    return verifying;
  }

  private async verifyNew(text: string): Promise<VerifiedToken> {
    const { kid, alg } = headerOf(text);
    const key = await this.keys.find(kid);
    if (!key) throw new AccessError('token_invalid', 'no key has that kid');
    // The algorithm is the key's own, which is not the token's choice.
    if (alg !== key.algorithm) throw new AccessError('token_invalid', 'alg is not the key’s own');
    try {
      const { payload } = await jwtVerify(text, key.key, {
        ...this.expected,
        algorithms: [key.algorithm],
        typ: 'at+jwt',
        requiredClaims: ['exp', 'iat'],
        currentDate: new Date(this.nowMs()),
      });
      const token = toVerifiedToken(payload, key.kid);
      this.remembered.set(text, { key, token });
      assertValidAt(this.nowMs(), token);
      return token;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new AccessError('token_expired');
      if (error instanceof errors.JOSEError) throw new AccessError('token_invalid', error.message);
      throw error;
    }
  }
}

/** `jku`, `jwk` and `x5u` are never read (RFC 8725 section 3.10). */
function headerOf(text: string): { kid: string; alg: unknown } {
  if (text.length > maxTokenCharacters) throw new AccessError('token_invalid', 'too long');
  if (!hasOneSpelling(text)) throw new AccessError('token_invalid', 'not canonical base64url');
  try {
    const { kid, alg } = decodeProtectedHeader(text);
    if (typeof kid === 'string') return { kid, alg };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new AccessError('token_invalid', 'no header with a kid');
}
