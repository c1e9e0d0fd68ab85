import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ErrorCode } from '../common/errors.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { InspectedRefreshToken } from '../sessions/refresh-token-inspection.js';
import { RefreshTokenInspection } from '../sessions/refresh-token-inspection.js';
import { Revocations } from '../sessions/revocations.js';
import { toRevocable } from '../sessions/revoked-tokens.js';
import type { Verdict } from '../sessions/rotation.js';
import { AccessTokens } from '../tokens/access-token.js';
import type { AccessTokenClaims } from '../tokens/access-token-claims.js';
import { ClientAuthentication } from './client-authentication.js';
import type { Introspected, IntrospectionForm } from './oauth.schema.js';

const badToken: ReadonlySet<ErrorCode> = new Set(['token_invalid', 'token_expired', 'token_revoked']);
const granting: ReadonlySet<Verdict> = new Set<Verdict>(['rotate', 'hold', 'replay', 'recover']);

/** POST /oauth/introspect (RFC 7662). It changes nothing: no token is used up and no session ends. */
@Injectable()
export class Introspection {
  constructor(
    private readonly clients: ClientAuthentication,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokenInspection,
    private readonly revocations: Revocations,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Reveals nothing about a token that is not valid right now (RFC 7662 section 2.2). */
  async introspect(form: IntrospectionForm, request: FastifyRequest): Promise<Introspected> {
    await this.clients.authenticateConfidential(request, form);
    // The two kinds of token cannot be confused, so the hint is not needed.
    const inspected = await this.refreshTokens.inspect(form.token);
    if (inspected) return this.describeRefreshToken(inspected);
    const claims = await this.goodClaims(form.token);
    return claims ? this.describeAccessToken(claims) : { active: false };
  }

  private async goodClaims(token: string): Promise<AccessTokenClaims | undefined> {
    try {
      const claims = await this.accessTokens.verify(token);
      await this.revocations.check(toRevocable(claims));
      return claims;
    } catch (error) {
      if (error instanceof ApiError && badToken.has(error.code)) return undefined;
      throw error;
    }
  }

  private describeAccessToken(claims: AccessTokenClaims): Introspected {
    const { issuer, audience } = this.config.accessToken;
    const { client_id, sub, exp, iat, jti, role } = claims;
    const token = { client_id, iss: issuer, sub, aud: audience, exp, iat, jti, role };
    const scope = claims.scope !== undefined && { scope: claims.scope };
    const user = claims.user_id !== undefined && { user_id: claims.user_id, sid: claims.sid, ...signInOf(claims) };
    return { active: true, token_use: 'access_token', token_type: 'Bearer', ...token, ...scope, ...user };
  }

  private describeRefreshToken({ session, verdict }: InspectedRefreshToken): Introspected {
    if (verdict === 'unavailable') {
      throw new ApiError('temporarily_unavailable', 'the session was rotated under an unknown AUTH_SECRET', {
        retryAfterSeconds: 30,
      });
    }
    if (!granting.has(verdict)) return { active: false };
    const idleEndMs = session.seenAt.getTime() + this.config.sessions.idleTtlSeconds * 1000;
    return {
      active: true,
      token_use: 'refresh_token',
      client_id: session.clientId,
      iss: this.config.accessToken.issuer,
      sub: session.userId,
      exp: Math.floor(Math.min(session.expiresAt.getTime(), idleEndMs) / 1000),
      iat: Math.floor(session.seenAt.getTime() / 1000),
      sid: session.sessionId,
    };
  }
}

/** When and how the user signed in (RFC 9470 section 6.2); empty for a token that was issued before these claims existed. */
function signInOf({ auth_time, amr, acr }: Extract<AccessTokenClaims, { user_id: string }>) {
  return auth_time === undefined ? {} : { auth_time, amr, acr };
}
