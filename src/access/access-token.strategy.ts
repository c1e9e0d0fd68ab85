import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import type { Principal } from '#pawl/nest/principal.js';
import { ApiError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { SigningKey } from '../keys/signing-key.js';
import { Revocations } from '../sessions/revocations.js';
import { toRevocable } from '../sessions/revoked-tokens.js';
import { AccessTokens } from '../tokens/access-token.js';
import type { AccessTokenClaims } from '../tokens/access-token-claims.js';
import { RequestTokens } from './request-tokens.js';

/** The key could not be looked up, which does not make the token invalid. */
export class KeyLookupError extends Error {
  constructor(override readonly cause: unknown) {
    super('the key of an access token could not be looked up');
  }
}

/**
 * passport-jwt takes the token from the request and verifies the signature, with the key and the rules that `AccessTokens`
 * names. `AccessTokens` then judges the claims. No query while the revocation feed is up: recent revocations are in memory.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy) {
  /** passport keeps one registry for the process: each application registers under a name of its own. */
  override readonly name = `access-token ${newId()}`;

  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly revocations: Revocations,
    private readonly tokens: RequestTokens,
  ) {
    super({
      ...accessTokens.verificationRules,
      passReqToCallback: true,
      jwtFromRequest: (request: FastifyRequest) => tokens.credentialsOf(request)?.token ?? null,
      secretOrKeyProvider: (_request, token: string, done) => {
        // jsonwebtoken takes a KeyObject; the types of passport-jwt do not say so.
        const use = ({ verifiesWith }: SigningKey) => {
          done(null, verifiesWith as unknown as Buffer);
        };
        const refuse = (error: unknown) => {
          done(error instanceof ApiError ? error : new KeyLookupError(error));
        };
        try {
          const key = accessTokens.keyOf(token);
          if (key instanceof Promise) key.then(use, refuse);
          else use(key);
        } catch (error) {
          refuse(error);
        }
      },
    });
    passport.use(this);
  }

  /** The caller, if this process has verified the token before and the feed is up. Throws as `validate` does. */
  recall(request: FastifyRequest): Principal | undefined {
    const credentials = this.tokens.credentialsOf(request);
    const claims = credentials && this.accessTokens.recall(credentials.token);
    if (!claims || !this.revocations.isUpToDate) return undefined;
    this.revocations.assertNotRevoked(toRevocable(claims));
    return toPrincipal(claims);
  }

  /** Called by passport-jwt once the signature is verified. */
  async validate(request: FastifyRequest, payload: unknown): Promise<Principal> {
    const claims = this.accessTokens.claimsOf(this.tokens.credentialsOf(request)?.token ?? '', payload);
    await this.revocations.check(toRevocable(claims));
    return toPrincipal(claims);
  }
}

function toPrincipal(claims: AccessTokenClaims): Principal {
  const { role, client_id: clientId, scope = '' } = claims;
  if (claims.user_id === undefined) return { role, clientId, scope };
  const { user_id: userId, sid: sessionId, auth_time: authTimeSeconds, acr, amr } = claims;
  return { userId, role, sessionId, clientId, scope, authTimeSeconds, acr, amr };
}
