import { Injectable } from '@nestjs/common';
import { Ratchet } from '../../sessions/ratchet.js';
import { AccessTokens } from '../../tokens/access-token.js';
import { OAuthError } from '../errors.js';
import type { OAuthTokens } from '../oauth.schema.js';
import type { Grant, TokenRequest } from './grant.js';

/** RFC 6749 section 6: the same ratchet as POST /auth/refresh. */
@Injectable()
export class RefreshTokenGrant implements Grant {
  constructor(
    private readonly ratchet: Ratchet,
    private readonly accessTokens: AccessTokens,
  ) {}

  async issueTokens({ client, form, from, reply }: TokenRequest): Promise<OAuthTokens> {
    if (form.refresh_token === undefined) throw new OAuthError('invalid_request', 'refresh_token is missing.');
    // The tokens of a session keep the scope of its sign-in.
    if (form.scope !== undefined)
      throw new OAuthError('invalid_scope', 'Leave scope out: the scope of the sign-in applies.');
    const { verdict, session, refreshToken } = await this.ratchet.refresh({
      refreshToken: form.refresh_token,
      clientId: client.id,
      ip: from.ip,
      arrivedAtMs: performance.now() - reply.elapsedTime,
    });
    reply.header('Pawl-Refresh', verdict);
    const { token, expiresInSeconds } = this.accessTokens.issue(session);
    const scope = session.scope ? { scope: session.scope } : {};
    const tokens = { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds } as const;
    return { ...tokens, refresh_token: refreshToken, ...scope };
  }
}
