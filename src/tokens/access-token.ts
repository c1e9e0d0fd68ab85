import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { LRUCache } from 'lru-cache';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { KeyCatchUp } from '../keys/key-catch-up.js';
import type { SigningAlgorithm } from '../keys/key-schedule.js';
import type { SigningKey } from '../keys/signing-key.js';
import { signingAlgorithms } from '../keys/signing-key.js';
import { SigningKeys } from '../keys/signing-keys.js';
import { AccessTokenClaims } from './access-token-claims.js';
import type { AuthenticationMethod } from './authentication.js';
import { assuranceLevelOf } from './authentication.js';
import { signJwt } from './sign-jwt.js';
import { trustedKeyOf, UnknownKey } from './token-header.js';

/** A token, and its lifetime in whole seconds. */
export interface IssuedAccessToken {
  token: string;
  expiresInSeconds: number;
}

export interface AccessTokenSubject {
  userId: string;
  role: string;
  epoch: number;
  sessionId: string;
  clientId: string;
  /** Scopes separated by spaces; null or empty for none. */
  scope: string | null;
  /** When and how the user signed in. */
  authenticatedAt: Date;
  methods: readonly AuthenticationMethod[];
  /** When the session ends. An access token never outlives it. */
  expiresAt: Date;
}

/** An OAuth client that acts for itself. */
export interface ServiceSubject {
  clientId: string;
  role: string;
  /** Scopes separated by spaces; empty for none. */
  scope: string;
}

/** The options of jsonwebtoken that do not depend on the token. */
export interface VerificationRules {
  algorithms: SigningAlgorithm[];
  issuer: string;
  audience: string;
  ignoreExpiration: true;
}

/** How far the clocks that tokens meet may differ: of two services, or of the database before and after it was set. */
export const clockMarginSeconds = 5 * 60;
const maxRememberedTokens = 10_000;

/** Issues and verifies access tokens: JWTs as in RFC 9068, verified as RFC 8725 recommends. */
@Injectable()
export class AccessTokens {
  /** Verified tokens, so that each signature is checked once per process. The least recently used are dropped. */
  private readonly remembered = new LRUCache<string, { key: SigningKey; claims: AccessTokenClaims }>({
    max: maxRememberedTokens,
  });

  /** How every signature is verified: by @nestjs/jwt in this class, by passport-jwt for the access guard. */
  readonly verificationRules: VerificationRules;

  constructor(
    private readonly jwt: JwtService,
    private readonly keys: SigningKeys,
    private readonly catchUp: KeyCatchUp,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const { issuer, audience } = config.accessToken;
    // `claimsOf` judges the expiry, because it depends on the settings of today.
    this.verificationRules = { algorithms: [...signingAlgorithms], issuer, audience, ignoreExpiration: true };
  }

  issue(subject: AccessTokenSubject): IssuedAccessToken {
    const { userId, role, sessionId, clientId, epoch, scope, authenticatedAt, methods, expiresAt } = subject;
    const now = this.clock.nowSeconds();
    const sessionEnd = Math.floor(expiresAt.getTime() / 1000);
    const lifetimeSeconds = Math.max(0, Math.min(this.config.accessToken.ttlSeconds, sessionEnd - now));
    const { issuer: iss, audience: aud } = this.config.accessToken;
    // One literal: a refresh is cheaper without the copies that spreading makes. JSON leaves out what is undefined.
    const claims = {
      iss,
      aud,
      sub: userId,
      user_id: userId,
      role,
      sid: sessionId,
      client_id: clientId,
      epoch,
      auth_time: Math.floor(authenticatedAt.getTime() / 1000),
      amr: [...methods],
      acr: assuranceLevelOf(methods),
      scope: scope || undefined,
      jti: randomUUID(),
      iat: now,
      exp: now + lifetimeSeconds,
    };
    return this.sign(claims);
  }

  issueToService({ clientId, role, scope }: ServiceSubject): IssuedAccessToken {
    const now = this.clock.nowSeconds();
    const { issuer: iss, audience: aud, ttlSeconds } = this.config.accessToken;
    const claims = { iss, aud, sub: clientId, role, client_id: clientId, ...(scope !== '' && { scope }) };
    return this.sign({ ...claims, jti: randomUUID(), iat: now, exp: now + ttlSeconds });
  }

  /**
   * Returns the claims of a token that is ours and valid now. Throws `token_expired` if only its times are wrong, otherwise
   * `token_invalid`. It does not check whether the token was revoked. The result is a promise only if the token's key is
   * unknown: another instance may have created it, so the keys are read again before the token is refused.
   */
  verify(token: string): AccessTokenClaims | Promise<AccessTokenClaims> {
    return this.recall(token) ?? afterwards(this.verifySignature(token), (claims) => this.assertNotExpired(claims));
  }

  /** Same as `verify` for a token that this process has verified before. Returns undefined for any other token. */
  recall(token: string): AccessTokenClaims | undefined {
    const verified = this.remembered.get(token);
    if (!verified) return undefined;
    if (this.keys.find(verified.key.kid) === verified.key) return this.assertNotExpired(verified.claims);
    // A key was revoked or is no longer used: every token is verified again.
    this.remembered.clear();
    return undefined;
  }

  /** Same as `verify`, but accepts an expired token: a client may sign out late. */
  verifyIgnoringExpiry(token: string): AccessTokenClaims | Promise<AccessTokenClaims> {
    return this.verifySignature(token);
  }

  /**
   * The key that must have signed the token. Throws `token_invalid` if no key of ours can have signed it. The header
   * decides only which of our own keys is tried; `jku`, `jwk` and `x5u` are never read (RFC 8725 section 3.10).
   */
  keyOf(token: string): SigningKey | Promise<SigningKey> {
    try {
      return trustedKeyOf(token, this.keys);
    } catch (error) {
      if (!(error instanceof UnknownKey)) throw error;
      return this.catchUp.run().then(() => trustedKeyOf(token, this.keys));
    }
  }

  /**
   * The claims of a payload. The caller must have verified the token with `keyOf(token)` under `verificationRules`. Throws
   * as `verify` does.
   */
  claimsOf(token: string, payload: unknown): AccessTokenClaims {
    return this.assertNotExpired(this.rememberedClaims(token, trustedKeyOf(token, this.keys), payload));
  }

  private sign(claims: AccessTokenClaims): IssuedAccessToken {
    return { token: signJwt(claims, this.keys.current), expiresInSeconds: claims.exp - claims.iat };
  }

  /**
   * A shortened ACCESS_TOKEN_TTL also applies to tokens that were issued before: revocations are remembered only as long as
   * the lifetime that is configured now. A token from the future was issued before the clock was set back. It would outlive
   * the memory of its revocation, so its holder has to refresh it.
   */
  private assertNotExpired(claims: AccessTokenClaims): AccessTokenClaims {
    const now = this.clock.nowSeconds();
    const endsAt = Math.min(claims.exp, claims.iat + this.config.accessToken.ttlSeconds);
    if (endsAt <= now || claims.iat > now + clockMarginSeconds) throw new ApiError('token_expired');
    return claims;
  }

  private verifySignature(token: string): AccessTokenClaims | Promise<AccessTokenClaims> {
    return afterwards(this.keyOf(token), (key) => {
      try {
        // jsonwebtoken takes a KeyObject; the types of @nestjs/jwt do not say so.
        const publicKey = key.verifiesWith as unknown as Buffer;
        return this.rememberedClaims(
          token,
          key,
          this.jwt.verify<object>(token, { publicKey, ...this.verificationRules }),
        );
      } catch (error) {
        if (error instanceof ApiError) throw error;
        throw new ApiError('token_invalid', error instanceof Error ? error.message : 'not verified', { cause: error });
      }
    });
  }

  private rememberedClaims(token: string, key: SigningKey, payload: unknown): AccessTokenClaims {
    const { data: claims, error } = AccessTokenClaims.safeParse(payload);
    if (!claims) throw new ApiError('token_invalid', error.message, { cause: error });
    this.remembered.set(token, { key, claims });
    return claims;
  }
}

/** Applies `next` at once if the value is there, and returns a promise only if it is not. */
function afterwards<Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
