import type { CookieSerializeOptions } from '@fastify/cookie';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';

// The `__Host-` prefix makes the browser demand Secure, Path=/ and no Domain: no subdomain can plant one of these.
export const accessCookie = '__Host-pawl_access';
export const refreshCookie = '__Host-pawl_refresh';

export function hasOurCookie({ cookies }: FastifyRequest): boolean {
  return accessCookie in cookies || refreshCookie in cookies;
}

/** A cookie's value and the seconds that a browser keeps it. */
interface CookieToken {
  token: string;
  maxAgeSeconds: number;
}

/** Writes the two cookies of a session: not readable by script, sent over https (or to localhost) only. */
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

  /** For a request that carried one of them; others keep their answer free of cookies. */
  clearFrom(request: FastifyRequest, reply: FastifyReply): void {
    if (hasOurCookie(request)) this.set(reply, { token: '', maxAgeSeconds: 0 }, { token: '', maxAgeSeconds: 0 });
  }
}
