import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { DeviceTokens, deviceTtlSeconds } from '../limits/device-tokens.js';
import type { Delivery } from './token-responses.js';

const deviceCookie = '__Host-pawl_device';
const deviceHeader = 'Pawl-Device';

/** Carries device tokens: in a cookie for browsers, in the header `Pawl-Device` for other clients. */
@Injectable()
export class KnownDevices {
  constructor(
    private readonly tokens: DeviceTokens,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  presentedBy({ headers, cookies }: FastifyRequest): string | undefined {
    const sent = headers[deviceHeader.toLowerCase()];
    return typeof sent === 'string' ? sent : cookies[deviceCookie];
  }

  /** After somebody has proven to own the address. The next sign-in from here is not delayed by others who guess. */
  rememberOwner(email: string, reply: FastifyReply): void {
    // It is not known whether the client is a browser.
    this.remember(email, 'cookie', reply);
    this.remember(email, 'body', reply);
  }

  /** After a sign-in. */
  remember(email: string, delivery: Delivery, reply: FastifyReply): void {
    if (!this.config.limits.accountFailures) return; // no limit would use it
    const token = this.tokens.issue(email);
    if (delivery === 'body') {
      reply.header(deviceHeader, token);
      return;
    }
    reply.setCookie(deviceCookie, token, {
      httpOnly: true,
      secure: true,
      sameSite: this.config.cookieSameSite,
      path: '/',
      maxAge: deviceTtlSeconds,
    });
  }
}
