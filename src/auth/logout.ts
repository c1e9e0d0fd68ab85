import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { RequestTokens } from '../access/request-tokens.js';
import { AuditLog } from '../audit/audit-log.js';
import { clientAddress } from '../common/client-address.js';
import { ApiError } from '../common/errors.js';
import { KeyRing } from '../secrets/key-ring.js';
import { decodeRefreshToken } from '../sessions/refresh-token.js';
import { Revoker } from '../sessions/revoker.js';
import { AccessTokens } from '../tokens/access-token.js';
import { UsersService } from '../users/users.service.js';

interface SessionRef {
  userId: string;
  sessionId: string;
}

/** Ends sessions when their user signs out. */
@Injectable()
export class Logout {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly accessTokens: AccessTokens,
    private readonly users: UsersService,
    private readonly revoker: Revoker,
    private readonly audit: AuditLog,
    private readonly tokens: RequestTokens,
  ) {}

  /**
   * Ends the sessions that the request's tokens name, even if a token has expired. An unknown refresh token is not an error
   * (as in RFC 7009 section 2.2). Throws `token_missing` if there is no token, and `token_invalid` if there is only a bad
   * bearer token.
   */
  async fromRequest(request: FastifyRequest, bodyToken: string | undefined): Promise<void> {
    const refreshToken = bodyToken ?? this.tokens.refreshCookieOf(request);
    const credentials = this.tokens.credentialsOf(request);
    if (refreshToken === undefined && !credentials) throw new ApiError('token_missing');
    // A bad header is an error unless a refresh token names the session. A bad cookie is only cleared.
    const ignoreBadToken = refreshToken !== undefined || credentials?.via === 'cookie';
    const named = [
      decodeRefreshToken(refreshToken, this.keyRing),
      credentials && (await this.sessionOf(credentials.token, ignoreBadToken)),
    ];
    for (const session of named) if (session) await this.end(session, clientAddress(request));
  }

  /**
   * Ends the session whose refresh cookie a sign-in in the same browser has just replaced. Nobody has its tokens any more,
   * unless they were copied. It does not matter whose session it was.
   */
  async endReplaced(request: FastifyRequest, newSessionId: string): Promise<void> {
    const replaced = decodeRefreshToken(this.tokens.refreshCookieOf(request), this.keyRing);
    if (!replaced || replaced.sessionId === newSessionId) return;
    const { userId, sessionId } = replaced;
    await this.revoker.endSession(userId, sessionId, 'replaced', { actorUserId: userId, ip: clientAddress(request) });
  }

  /** Ends every session of the caller and refuses every access token issued so far. */
  async everywhere({ userId }: UserPrincipal, ip: string): Promise<void> {
    await this.revoker.inTransaction(async ({ db, refuseTokensBelow, endSessionsOf }) => {
      const user = await this.users.raiseEpoch({ id: userId }, db);
      if (!user) throw new ApiError('token_revoked', 'the user was deleted');
      await refuseTokensBelow(userId, user.epoch);
      await endSessionsOf(userId, 'logout_all');
      await this.audit.record(
        { event: 'user.signed_out_everywhere', actorUserId: userId, subjectUserId: userId, ip },
        db,
      );
    });
  }

  private end({ userId, sessionId }: SessionRef, ip: string): Promise<boolean> {
    return this.revoker.endSession(userId, sessionId, 'logout', { actorUserId: userId, ip });
  }

  private async sessionOf(accessToken: string, ignoreBadToken: boolean): Promise<SessionRef | undefined> {
    try {
      const { user_id: userId, sid: sessionId } = await this.accessTokens.verifyIgnoringExpiry(accessToken);
      if (userId === undefined) throw new ApiError('user_required', 'a service has no session');
      return { userId, sessionId };
    } catch (error) {
      if (ignoreBadToken && error instanceof ApiError) return undefined;
      throw error;
    }
  }
}
