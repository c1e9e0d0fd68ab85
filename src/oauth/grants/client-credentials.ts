import { Injectable } from '@nestjs/common';
import { includesScope, isScope } from '../../clients/scope.js';
import { AccessTokens } from '../../tokens/access-token.js';
import { OAuthError } from '../errors.js';
import type { OAuthTokens } from '../oauth.schema.js';
import type { Grant, TokenRequest } from './grant.js';

/** RFC 6749 section 4.4: a token of the client's own, without a refresh token (section 4.4.3). */
@Injectable()
export class ClientCredentialsGrant implements Grant {
  constructor(private readonly accessTokens: AccessTokens) {}

  issueTokens({ client, form }: TokenRequest): OAuthTokens {
    const scope = form.scope ?? client.scope;
    if (!isScope(scope) || (form.scope !== undefined && !includesScope(client.scope, form.scope))) {
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
