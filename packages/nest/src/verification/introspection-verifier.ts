import { decodeJwt } from 'jose';
import { AccessError } from '../access-error.js';
import type { PawlClient } from '../options.js';
import { basicCredentials } from './basic-credentials.js';
import type { VerifiedToken } from './verified-token.js';
import { toVerifiedToken } from './verified-token.js';

const timeoutMs = 5000;

interface Expected {
  issuer: string;
  audience: string;
}

/** Asks Pawl about each token in each request (RFC 7662): nothing is remembered, so a revocation takes effect at once. */
export class IntrospectionVerifier {
  /** Questions that are under way, so that concurrent requests share one. */
  private readonly pending = new Map<string, Promise<VerifiedToken>>();

  constructor(
    private readonly address: string,
    private readonly client: PawlClient,
    private readonly expected: Expected,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Throws `token_expired`, `token_invalid`, or `temporarily_unavailable` if Pawl gives no answer. */
  verify(text: string): Promise<VerifiedToken> {
    const pending = this.pending.get(text);
    if (pending) return pending;
    const asking = this.ask(text).finally(() => this.pending.delete(text));
    this.pending.set(text, asking);
    return asking;
  }

  private async ask(text: string): Promise<VerifiedToken> {
    const described = await this.describe(text);
    if (described['active'] !== true) {
      // RFC 7662 section 2.2: the response does not say why. An expired token says so itself.
      throw new AccessError(this.saysItExpired(text) ? 'token_expired' : 'token_invalid', 'not active');
    }
    // A refresh token can be active too, but must not open anything.
    if (described['token_use'] !== 'access_token') throw new AccessError('token_invalid', 'not an access token');
    const { issuer, audience } = this.expected;
    if (described['iss'] !== issuer || ![described['aud']].flat().includes(audience)) {
      throw new AccessError('token_invalid', 'iss or aud is not ours');
    }
    return toVerifiedToken(described);
  }

  private async describe(text: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.address}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization: basicCredentials(this.client), accept: 'application/json' },
      body: new URLSearchParams({ token: text, token_type_hint: 'access_token' }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw new AccessError('temporarily_unavailable', `introspection failed: ${String(error)}`);
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new AccessError('temporarily_unavailable', `introspection responded with ${response.status}`);
    }
    return (await response.json()) as Record<string, unknown>;
  }

  private saysItExpired(text: string): boolean {
    try {
      const { exp } = decodeJwt(text);
      return exp !== undefined && exp * 1000 <= this.nowMs();
    } catch {
      return false;
    }
  }
}
