import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { DeviceOwner } from '../limits/device-tokens.js';
import { DeviceTokens, deviceTtlSeconds } from '../limits/device-tokens.js';
import { UsersService } from '../users/users.service.js';
import { CookieNames } from './cookie-names.js';
import type { Delivery } from './token-responses.js';

const deviceHeader = 'Pawl-Device';

/** Carries device tokens: in a cookie for browsers, in the header `Pawl-Device` for other clients. */
@Injectable()
export class KnownDevices {
  constructor(
    private readonly tokens: DeviceTokens,
    private readonly users: UsersService,
    private readonly names: CookieNames,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  presentedBy({ headers, cookies }: FastifyRequest): string | undefined {
    const sent = headers[deviceHeader.toLowerCase()];
    return typeof sent === 'string' ? sent : cookies[this.names.device];
  }

  /**
   * For somebody who has just used the link of an email to this address: other people's guesses do not hold up the next
   * sign-in from here. It is not known whether that will be in a browser.
   */
  async rememberOwner(email: string, reply: FastifyReply): Promise<void> {
    const user = await this.users.findCredentialsByEmail(email);
    if (!user) return;
    const deviceId = DeviceTokens.newDeviceId();
    for (const delivery of ['cookie', 'body'] as const) {
      this.hand({ ...user, userId: user.id }, deviceId, delivery, reply);
    }
  }

  /** After a sign-in. A device that is known already keeps its id, so that signing in again does not make it a second one. */
  remember(owner: DeviceOwner, presentedToken: string | undefined, delivery: Delivery, reply: FastifyReply): void {
    const deviceId = this.tokens.recognise(presentedToken, owner) ?? DeviceTokens.newDeviceId();
    this.hand(owner, deviceId, delivery, reply);
  }

  private hand(owner: DeviceOwner, deviceId: Uint8Array, delivery: Delivery, reply: FastifyReply): void {
    if (!this.config.limits.accountFailures) return; // no limit would use it
    const token = this.tokens.issue(owner, deviceId);
    if (delivery === 'body') {
      reply.header(deviceHeader, token);
      return;
    }
    reply.setCookie(this.names.device, token, {
      httpOnly: true,
      secure: true,
      sameSite: this.config.cookieSameSite,
      path: '/',
      maxAge: deviceTtlSeconds,
    });
  }
}
