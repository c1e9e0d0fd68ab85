import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KnownDevices } from '../access/known-devices.js';
import type { TokenResponse } from '../access/token-response.schema.js';
import type { Delivery } from '../access/token-responses.js';
import { TokenResponses } from '../access/token-responses.js';
import type { StartedSession } from '../sessions/sessions.service.js';
import { Logout } from './logout.js';
import type { SignInBody } from './sign-in-client.js';
import { SignInClient } from './sign-in-client.js';

/** A request, and the response that begins. */
export interface HttpExchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Responds to sign-ins: with the tokens, and with the token of a known device. */
@Injectable()
export class SignInResponses {
  constructor(
    private readonly responses: TokenResponses,
    private readonly devices: KnownDevices,
    private readonly logouts: Logout,
    private readonly clients: SignInClient,
  ) {}

  /**
   * Runs a sign-in and responds to it. `signIn` gets the body with the scope that its client is granted. Throws what
   * SignInClient and `signIn` do.
   */
  async run<Body extends SignInBody>(
    body: Body,
    { request, reply }: HttpExchange,
    signIn: (granted: Body) => Promise<StartedSession>,
  ): Promise<TokenResponse> {
    const granted = await this.clients.grantScope(body, request);
    return this.respond(await signIn(granted), granted.delivery, request, reply);
  }

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
