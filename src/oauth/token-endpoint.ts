import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClientInfo } from '../common/client-info.js';
import { ClientAuthentication } from './client-authentication.js';
import { GrantRegistry } from './grants/registry.js';
import type { OAuthTokens, TokenForm } from './oauth.schema.js';

/** POST /oauth/token (RFC 6749 section 3.2). */
@Injectable()
export class TokenEndpoint {
  constructor(
    private readonly clients: ClientAuthentication,
    private readonly grants: GrantRegistry,
  ) {}

  async issueTokens(
    form: TokenForm,
    request: FastifyRequest,
    reply: FastifyReply,
    from: ClientInfo,
  ): Promise<OAuthTokens> {
    const grantType = this.grants.parseType(form.grant_type);
    const client = await this.clients.authenticate(request, form);
    return this.grants.grantFor(client, grantType).issueTokens({ client, form, from, reply });
  }
}
