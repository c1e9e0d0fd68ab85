import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestTokens } from '../access/request-tokens.js';
import type { TokenResponse } from '../access/token-response.schema.js';
import { TokenResponses } from '../access/token-responses.js';
import { builtInClientId } from '../clients/client.js';
import { clientAddress } from '../common/client-address.js';
import { ApiError } from '../common/errors.js';
import { Ratchet } from '../sessions/ratchet.js';

/** Exchanges a refresh token. The new one goes where the old one came from: body or cookie. */
@Injectable()
export class Refresh {
  constructor(
    private readonly ratchet: Ratchet,
    private readonly responses: TokenResponses,
    private readonly tokens: RequestTokens,
  ) {}

  /** Leaves the cookies alone if it fails: another tab may have received newer ones meanwhile. */
  async fromRequest(
    request: FastifyRequest,
    reply: FastifyReply,
    bodyToken: string | undefined,
  ): Promise<TokenResponse> {
    const refreshToken = bodyToken ?? this.tokens.refreshCookieOf(request);
    if (refreshToken === undefined) throw new ApiError('refresh_missing');
    const {
      verdict,
      session,
      refreshToken: child,
    } = await this.ratchet.refresh({
      refreshToken,
      clientId: builtInClientId,
      ip: clientAddress(request),
      arrivedAtMs: performance.now() - reply.elapsedTime,
    });
    reply.header('Pawl-Refresh', verdict);
    return this.responses.grant(session, child, bodyToken === undefined ? 'cookie' : 'body', reply);
  }
}
