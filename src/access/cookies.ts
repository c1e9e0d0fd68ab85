import type { CookieSerializeOptions } from '@fastify/cookie';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';

// With the `__Host-` prefix, browsers demand Secure, Path=/ and no Domain, so no subdomain can set one of these.
export const accessCookie = '__Host-pawl_access';
export const refreshCookie = '__Host-pawl_refresh';

export function hasOurCookie({ cookies }: FastifyRequest): boolean {
  return accessCookie in cookies || refreshCookie in cookies;
}

/** The value of a cookie, and how many seconds a browser keeps it. */
interface CookieToken {
  token: string;
  maxAgeSeconds: number;
}

/** Writes the two cookies of a session. Scripts cannot read them, and browsers send them only over https or to localhost. */
@Injectable()
export class SessionCookies {
  private readonly options: CookieSerializeOptions;

  constructor(@Inject(CONFIG) config: Config) {
    this.options = { httpOnly: true, secure: true, sameSite: config.cookieSameSite, path: '/' };
  }

  set(reply: FastifyReply, access: CookieToken, refresh: CookieToken): void {
    reply.setCookie(accessCookie, access.token, { ...this.options, maxAge: access.maxAgeSeconds });
    reply.setCookie(refreshCookie, refresh.token, { ...this.options, maxAge: refresh.maxAgeSeconds });
  }

  /** Clears the cookies if the request carried one of them; other responses set no cookies. */
  clearFrom(request: FastifyRequest, reply: FastifyReply): void {
    if (hasOurCookie(request)) this.set(reply, { token: '', maxAgeSeconds: 0 }, { token: '', maxAgeSeconds: 0 });
  }
}
