import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RequestTokens } from '../access/request-tokens.js';
import { builtInClientId } from '../clients/client.js';
import { includesScope } from '../clients/scope.js';
import { ApiError } from '../common/errors.js';
import { RefreshTokenInspection } from '../sessions/refresh-token-inspection.js';
import { Revocations } from '../sessions/revocations.js';
import { toRevocable } from '../sessions/revoked-tokens.js';
import { Sessions } from '../sessions/sessions.service.js';
import { AccessTokens } from '../tokens/access-token.js';
import { toOwnUserView } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { SessionStatusView } from './session-status.schema.js';

/** Which session a request names. */
interface NamedSession {
  userId: string;
  sessionId: string;
}

/** Answers whether a request is signed in, for pages that ask before they do anything. Changes nothing. */
@Injectable()
export class SessionStatus {
  constructor(
    private readonly tokens: RequestTokens,
    private readonly accessTokens: AccessTokens,
    private readonly revocations: Revocations,
    private readonly refreshTokens: RefreshTokenInspection,
    private readonly sessions: Sessions,
    private readonly users: UsersService,
  ) {}

  /** A token that is missing, wrong, expired or revoked means signed out. */
  async read(request: FastifyRequest): Promise<SessionStatusView> {
    const named = (await this.namedByAccessToken(request)) ?? (await this.namedByRefreshCookie(request));
    const session = named && (await this.sessions.findLive(named.userId, named.sessionId));
    const user = session && (await this.users.findOwn(named.userId));
    if (!session || !user || user.disabled) return { user: null };
    return { user: toOwnUserView(user), session_id: session.id, expires_at: session.expiresAt.toISOString() };
  }

  private async namedByAccessToken(request: FastifyRequest): Promise<NamedSession | undefined> {
    const credentials = this.tokens.credentialsOf(request);
    if (!credentials) return undefined;
    try {
      const claims = await this.accessTokens.verify(credentials.token);
      await this.revocations.check(toRevocable(claims));
      if (claims.user_id === undefined) return undefined;
      // As on the other account routes (scope.guard.ts): a registered client learns who the user is only with the scope.
      const { client_id: clientId, scope = '' } = claims;
      if (clientId !== builtInClientId && !includesScope(scope, 'account')) return undefined;
      return { userId: claims.user_id, sessionId: claims.sid };
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return undefined;
      throw error;
    }
  }

  /** A browser drops the access cookie after minutes. It is signed in for as long as its refresh cookie is good. */
  private async namedByRefreshCookie(request: FastifyRequest): Promise<NamedSession | undefined> {
    if (request.headers.authorization !== undefined) return undefined;
    const inspected = await this.refreshTokens.inspect(this.tokens.refreshCookieOf(request));
    // Cookies are refreshed at /auth/refresh, which is for the built-in client only.
    if (inspected?.session.clientId !== builtInClientId) return undefined;
    return goodVerdicts.has(inspected.verdict) ? inspected.session : undefined;
  }
}

/** What a refresh with the cookie would come to, if it would return tokens. */
const goodVerdicts: ReadonlySet<string> = new Set(['rotate', 'hold', 'replay', 'recover']);
