import type { CryptoKey, JWK } from 'jose';
import { importJWK } from 'jose';
import { AccessError } from '../access-error.js';

/** The algorithms that Pawl signs with and whose keys can be published. HS256 cannot: it needs introspection. */
const algorithms: ReadonlySet<string> = new Set(['ES256', 'RS256', 'PS256']);

const fetchTimeoutMs = 5000;
/** Unknown keys cause at most one request in this time, however many tokens name them. */
const minRefreshGapMs = 1000;
/** Known keys are read again this often, in the background: a key that was removed stops to count. */
const maxAgeMs = 5 * 60_000;

export interface VerificationKey {
  readonly kid: string;
  /** The only algorithm that the key is used with (RFC 8725 section 3.1). */
  readonly algorithm: string;
  /** What it was imported from. */
  readonly material: string;
  readonly key: CryptoKey | Uint8Array;
}

/** The published keys of Pawl. While Pawl cannot be reached, those that are known go on. */
export class KeySet {
  private keys: ReadonlyMap<string, VerificationKey> = new Map();
  private refreshing: Promise<void> | undefined;
  private triedAtMs = -Infinity;
  private lastFailure: unknown;

  constructor(
    private readonly uri: string,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Whether the key is still published, as far as is known. */
  has(key: VerificationKey): boolean {
    if (this.nowMs() - this.triedAtMs >= maxAgeMs) this.refresh().catch(() => undefined);
    return this.keys.get(key.kid) === key;
  }

  /** Returns undefined if no key has this id. Throws `temporarily_unavailable` if that cannot be told. */
  async find(kid: string): Promise<VerificationKey | undefined> {
    const known = this.keys.get(kid);
    if (known) return known;
    if (this.refreshing || this.nowMs() - this.triedAtMs >= minRefreshGapMs) {
      await this.refresh().catch(() => undefined);
    }
    const found = this.keys.get(kid);
    if (!found && this.lastFailure !== undefined) {
      throw new AccessError('temporarily_unavailable', `the keys could not be read: ${describe(this.lastFailure)}`);
    }
    return found;
  }

  /** Reads the keys. Concurrent calls share one request. */
  refresh(): Promise<void> {
    this.refreshing ??= this.read().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private async read(): Promise<void> {
    this.triedAtMs = this.nowMs();
    try {
      const response = await fetch(this.uri, {
        headers: { accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(fetchTimeoutMs),
      });
      if (!response.ok) throw new Error(`${this.uri} responded with ${response.status}`);
      this.keys = await importKeys(await response.json(), this.keys);
      this.lastFailure = undefined;
    } catch (error) {
      this.lastFailure = error;
      throw error;
    }
  }
}

/** A key that is known already stays the same object, so that what was verified with it stays remembered. */
async function importKeys(
  document: unknown,
  known: ReadonlyMap<string, VerificationKey>,
): Promise<Map<string, VerificationKey>> {
  const jwks = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(jwks)) throw new Error('the response is not a JWKS (RFC 7517 section 5)');
  const keys = new Map<string, VerificationKey>();
  for (const jwk of jwks as JWK[]) {
    const { kid } = jwk;
    const algorithm = algorithmOf(jwk);
    if (typeof kid !== 'string' || algorithm === undefined || (jwk.use ?? 'sig') !== 'sig') continue;
    const material = materialOf(jwk, algorithm);
    const same = known.get(kid)?.material === material ? known.get(kid) : undefined;
    keys.set(kid, same ?? { kid, algorithm, material, key: await importJWK(jwk, algorithm) });
  }
  return keys;
}

function materialOf({ kty, crv, x, y, n, e }: JWK, algorithm: string): string {
  return JSON.stringify([algorithm, kty, crv, x, y, n, e]);
}

/** Public keys only: a symmetric key in a JWKS would let everybody sign. */
function algorithmOf({ kty, crv, alg }: JWK): string | undefined {
  const usual = kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'RSA' ? 'RS256' : undefined;
  const algorithm = usual === undefined ? undefined : (alg ?? usual);
  return algorithm !== undefined && algorithms.has(algorithm) ? algorithm : undefined;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
