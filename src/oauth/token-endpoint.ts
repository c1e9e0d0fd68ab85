import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client, GrantType } from '../clients/client.js';
import { grantTypes } from '../clients/client.js';
import { includesScope, isScope } from '../clients/scope.js';
import type { ClientInfo } from '../common/client-info.js';
import { Ratchet } from '../sessions/ratchet.js';
import { AccessTokens } from '../tokens/access-token.js';
import { ClientAuthentication } from './client-authentication.js';
import type { OAuthTokens, TokenForm } from './oauth.schema.js';
import { OAuthError } from './oauth-error.js';

/** POST /oauth/token (RFC 6749 section 3.2). There is no password grant: RFC 9700 section 2.4. */
@Injectable()
export class TokenEndpoint {
  constructor(
    private readonly clients: ClientAuthentication,
    private readonly ratchet: Ratchet,
    private readonly accessTokens: AccessTokens,
  ) {}

  async grant(form: TokenForm, request: FastifyRequest, reply: FastifyReply, from: ClientInfo): Promise<OAuthTokens> {
    const grantType = supported(form.grant_type);
    const client = await this.clients.authenticate(request, form);
    if (!client.grantTypes.includes(grantType)) {
      throw new OAuthError(
        'unauthorized_client',
        'The client is not registered for this grant.',
        `client ${client.id}`,
      );
    }
    if (grantType === 'client_credentials') return this.issueToClient(client, form.scope);
    return this.refresh(client, form, reply, from);
  }

  /** RFC 6749 section 6: the same ratchet as POST /auth/refresh. Its refusals become `invalid_grant` (error-answer.ts). */
  private async refresh(client: Client, form: TokenForm, reply: FastifyReply, from: ClientInfo): Promise<OAuthTokens> {
    if (form.refresh_token === undefined) throw new OAuthError('invalid_request', 'refresh_token is missing.');
    // A session has no scope, and a refresh cannot ask for more than there was.
    if (form.scope !== undefined) throw new OAuthError('invalid_scope', 'The session has no scope.');
    const { verdict, session, refreshToken } = await this.ratchet.refresh({
      refreshToken: form.refresh_token,
      clientId: client.id,
      client: from,
      arrivedAtMs: performance.now() - reply.elapsedTime,
    });
    reply.header('Pawl-Refresh', verdict);
    const { token, expiresInSeconds } = this.accessTokens.issue({ ...session, sessionExpiresAt: session.expiresAt });
    return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds, refresh_token: refreshToken };
  }

  /** RFC 6749 section 4.4: a token of the client's own, and no refresh token (section 4.4.3). */
  private issueToClient(client: Client, requestedScope: string | undefined): OAuthTokens {
    const scope = requestedScope ?? client.scope;
    if (!isScope(scope) || (requestedScope !== undefined && !includesScope(client.scope, requestedScope))) {
      throw new OAuthError('invalid_scope', 'The client is not registered for this scope.', `client ${client.id}`);
    }
    const { token, expiresInSeconds } = this.accessTokens.issueToService({
      clientId: client.id,
      role: client.role,
      scope,
    });
    return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds, ...(scope !== '' && { scope }) };
  }
}

function supported(grantType: string): GrantType {
  const known = grantTypes.find((name) => name === grantType);
  if (!known) throw new OAuthError('unsupported_grant_type', 'There are refresh_token and client_credentials.');
  return known;
}
