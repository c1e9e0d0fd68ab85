import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refreshCookie } from '../access/cookies.js';
import type { TokenResponse } from '../access/token-response.schema.js';
import { TokenResponses } from '../access/token-responses.js';
import { builtInClientId } from '../clients/client.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import { Ratchet } from '../sessions/ratchet.js';

/** Turns a refresh token into the next one, and answers where it came from: body or cookie. */
@Injectable()
export class Refresh {
  constructor(
    private readonly ratchet: Ratchet,
    private readonly answers: TokenResponses,
  ) {}

  /** A failure clears no cookie: another tab may have been given a newer one meanwhile. */
  async fromRequest(
    request: FastifyRequest,
    reply: FastifyReply,
    bodyToken: string | undefined,
    client: ClientInfo,
  ): Promise<TokenResponse> {
    const refreshToken = bodyToken ?? request.cookies[refreshCookie];
    if (refreshToken === undefined) throw new ApiError('refresh_missing');
    const {
      verdict,
      session,
      refreshToken: child,
    } = await this.ratchet.refresh({
      refreshToken,
      clientId: builtInClientId,
      client,
      arrivedAtMs: performance.now() - reply.elapsedTime,
    });
    reply.header('Pawl-Refresh', verdict);
    return this.answers.grant(session, child, bodyToken === undefined ? 'cookie' : 'body', reply);
  }
}
