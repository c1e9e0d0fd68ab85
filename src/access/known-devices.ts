import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { DeviceTokens, deviceTtlSeconds } from '../limits/device-tokens.js';
import type { Delivery } from './token-responses.js';

const deviceCookie = '__Host-pawl_device';
const deviceHeader = 'Pawl-Device';

/** Carries device tokens: in a cookie for browsers, in the header `Pawl-Device` for everybody else. */
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

  /** For who has read a mail to the address: the next sign-in from here is not held up by those who guess. */
  rememberOwner(email: string, reply: FastifyReply): void {
    // Whether it is a browser is not known.
    this.remember(email, 'cookie', reply);
    this.remember(email, 'body', reply);
  }

  /** After a sign-in. */
  remember(email: string, delivery: Delivery, reply: FastifyReply): void {
    if (!this.config.limits.accountFailures) return; // nothing would ask for it
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
