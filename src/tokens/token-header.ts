import { hasOneSpelling } from '#pawl/nest/verification/compact-jws.js';
import { ApiError } from '../common/errors.js';
import type { SigningKey } from '../keys/signing-key.js';
import type { SigningKeys } from '../keys/signing-keys.js';

const maxTokenCharacters = 4096;
/** The shape of our own `kid`s. Any other is refused without a query. */
const kidShape = /^[\w-]{1,64}$/;

/** Thrown for a `kid` that this instance does not know; another instance may have created the key. */
export class UnknownKey extends ApiError {
  constructor() {
    super('token_invalid', 'no key has that kid');
  }
}

/**
 * The key that must have signed the token. Throws `token_invalid` if no key of ours can have signed it, and UnknownKey if this
 * instance does not know the key.
 */
export function trustedKeyOf(token: string, keys: Pick<SigningKeys, 'find' | 'isRevoked'>): SigningKey {
  if (token.length > maxTokenCharacters || !hasOneSpelling(token)) {
    throw new ApiError('token_invalid', 'too long, or not canonical base64url');
  }
  const header = readHeader(token);
  const kid = header?.['kid'];
  if (!header || typeof kid !== 'string' || !kidShape.test(kid))
    throw new ApiError('token_invalid', 'no header with a kid');
  // RFC 9068 section 4: a token of another type must not be accepted as an access token.
  if (!isAccessTokenType(header['typ'])) throw new ApiError('token_invalid', 'typ is not at+jwt');
  // RFC 7515 section 4.1.11: an unsupported critical extension makes the token invalid, and we support none.
  if ('crit' in header) throw new ApiError('token_invalid', 'crit is not supported');
  if (keys.isRevoked(kid)) throw new ApiError('token_invalid', 'the key was revoked');
  const key = keys.find(kid);
  if (!key) throw new UnknownKey();
  // RFC 8725 section 3.1: a key is used with its own algorithm only, which is not the token's choice.
  if (header['alg'] !== key.algorithm) throw new ApiError('token_invalid', 'alg is not the key’s own');
  return key;
}

function readHeader(token: string): Record<string, unknown> | undefined {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString());
    return typeof header === 'object' && header !== null ? (header as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isAccessTokenType(typ: unknown): boolean {
  return typeof typ === 'string' && /^(application\/)?at\+jwt$/i.test(typ);
}
