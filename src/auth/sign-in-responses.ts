import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KnownDevices } from '../access/known-devices.js';
import type { TokenResponse } from '../access/token-response.schema.js';
import type { Delivery } from '../access/token-responses.js';
import { TokenResponses } from '../access/token-responses.js';
import type { StartedSession } from '../sessions/sessions.service.js';
import { Logout } from './logout.js';

/** Responds to sign-ins: with the tokens, and with the token of a known device. */
@Injectable()
export class SignInResponses {
  constructor(
    private readonly responses: TokenResponses,
    private readonly devices: KnownDevices,
    private readonly logouts: Logout,
  ) {}

  /** In cookie mode, also ends the session that the new cookies replace. */
  async respond(
    { session, refreshToken, passwordHash }: StartedSession,
    delivery: Delivery,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<TokenResponse> {
    if (delivery === 'cookie') await this.logouts.endReplaced(request, session.sessionId);
    this.devices.remember({ ...session, passwordHash }, this.devices.presentedBy(request), delivery, reply);
    return this.responses.grant(session, refreshToken, delivery, reply);
  }
}
