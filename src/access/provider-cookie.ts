import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CookieNames } from './cookie-names.js';

/**
 * The cookie of a sign-in with another provider, between its start and its end. Always `SameSite=Lax`, whatever
 * COOKIE_SAMESITE says: the browser comes back from another site.
 */
@Injectable()
export class ProviderCookie {
  constructor(private readonly names: CookieNames) {}

  read({ cookies }: FastifyRequest): string | undefined {
    return cookies[this.names.provider];
  }

  write(reply: FastifyReply, value: string, maxAgeSeconds: number): void {
    const options = { httpOnly: true, secure: true, sameSite: 'lax', path: '/', maxAge: maxAgeSeconds } as const;
    reply.setCookie(this.names.provider, value, options);
  }

  clear(reply: FastifyReply): void {
    this.write(reply, '', 0);
  }
}
