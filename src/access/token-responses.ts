import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '../common/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { SessionWithUser } from '../sessions/session-rows.js';
import { AccessTokens } from '../tokens/access-token.js';
import { toUserView } from '../users/user.schema.js';
import { SessionCookies } from './cookies.js';
import type { AccessTokenResponse, TokenResponse } from './token-response.schema.js';

/** Where the tokens of a response go: into the body or into cookies. */
export type Delivery = 'body' | 'cookie';

/** Creates the response to a sign-in or a refresh. */
@Injectable()
export class TokenResponses {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly cookies: SessionCookies,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  grant(session: SessionWithUser, refreshToken: string, delivery: Delivery, reply: FastifyReply): TokenResponse {
    const access = this.accessTokens.issue(session);
    const { userId, email, name, role, emailVerified, userCreatedAt } = session;
    const response: TokenResponse = {
      access_token: access.token,
      token_type: 'Bearer',
      expires_in: access.expiresInSeconds,
      refresh_token: refreshToken,
      session_id: session.sessionId,
      user: toUserView({ id: userId, email, name, role, emailVerified, createdAt: userCreatedAt }),
    };
    if (delivery === 'body') return response;

    const refreshMaxAgeSeconds = this.refreshLifetimeSeconds(session.expiresAt);
    this.cookies.set(
      reply,
      { token: access.token, maxAgeSeconds: access.expiresInSeconds },
      { token: refreshToken, maxAgeSeconds: refreshMaxAgeSeconds },
    );
    const { access_token: _access, refresh_token: _refresh, ...withoutTokens } = response;
    return withoutTokens;
  }

  /** A new access token of a session whose refresh token stays: in the body or in the cookie. */
  grantAccess(session: SessionWithUser, delivery: Delivery, reply: FastifyReply): AccessTokenResponse {
    const access = this.accessTokens.issue(session);
    const response = { token_type: 'Bearer', expires_in: access.expiresInSeconds } as const;
    if (delivery === 'body') return { access_token: access.token, ...response };
    this.cookies.setAccess(reply, { token: access.token, maxAgeSeconds: access.expiresInSeconds });
    return response;
  }

  private refreshLifetimeSeconds(expiresAt: Date): number {
    const untilEnd = Math.floor(expiresAt.getTime() / 1000) - this.clock.nowSeconds();
    return Math.max(0, Math.min(untilEnd, this.config.sessions.idleTtlSeconds));
  }
}
