import type { FastifyReply } from 'fastify';
import type { Client } from '../../clients/client.js';
import type { ClientInfo } from '../../common/client-info.js';
import type { OAuthTokens, TokenForm } from '../oauth.schema.js';

/** A request to POST /oauth/token by a client that has authenticated and is registered for the grant. */
export interface TokenRequest {
  client: Client;
  form: TokenForm;
  from: ClientInfo;
  reply: FastifyReply;
}

/** One way to get tokens from POST /oauth/token (RFC 6749 section 1.3). */
export interface Grant {
  /** Throws an OAuthError, or an ApiError that errors.ts translates. */
  issueTokens(request: TokenRequest): OAuthTokens | Promise<OAuthTokens>;
}
