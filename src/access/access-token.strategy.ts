import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { newId } from '../common/ids.js';
import type { Principal } from '../common/principal.js';
import { Revocations } from '../sessions/revocations.js';
import { toRevocable } from '../sessions/revoked-tokens.js';
import { AccessTokens } from '../tokens/access-token.js';
import type { AccessTokenClaims } from '../tokens/access-token-claims.js';
import { credentialsOf } from './credentials.js';

type Verified = (error: Error | null, claims?: AccessTokenClaims) => void;

/**
 * passport-jwt would verify with the key alone and anew for each request. Its verifier is replaced, once for the process,
 * by the one `verify` that Pawl has (tokens/access-token.ts): the "key" that reaches it is the application's AccessTokens.
 */
Object.assign(Strategy, {
  JwtVerifier(token: string, accessTokens: AccessTokens, _options: unknown, done: Verified) {
    try {
      const claims = accessTokens.verify(token);
      if (claims instanceof Promise) claims.then((late) => done(null, late), done);
      else done(null, claims);
    } catch (error) {
      done(error as Error);
    }
  },
});

/** Extract, verify, principal. No query while the revocation feed is up: what was revoked lately is in memory. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy) {
  /** passport keeps one registry for the process: each application registers under a name of its own. */
  override readonly name = `access-token ${newId()}`;

  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly revocations: Revocations,
  ) {
    super({
      jwtFromRequest: (request: FastifyRequest) => credentialsOf(request)?.token ?? null,
      secretOrKeyProvider: (_request, _token, done) => {
        done(null, accessTokens as never);
      },
    });
    passport.use(this);
  }

  /**
   * Who makes the request, if its token has been verified before and the revocation feed is up; undefined leaves it to
   * passport. Throws as that would.
   */
  recall(request: FastifyRequest): Principal | undefined {
    const credentials = credentialsOf(request);
    const claims = credentials && this.accessTokens.recall(credentials.token);
    if (!claims || !this.revocations.isUpToDate) return undefined;
    this.revocations.assertNotRevoked(toRevocable(claims));
    return toPrincipal(claims);
  }

  async validate(claims: AccessTokenClaims): Promise<Principal> {
    await this.revocations.check(toRevocable(claims));
    return toPrincipal(claims);
  }
}

function toPrincipal(claims: AccessTokenClaims): Principal {
  const { role, client_id: clientId } = claims;
  return claims.user_id === undefined
    ? { role, clientId }
    : { userId: claims.user_id, role, sessionId: claims.sid, clientId };
}
