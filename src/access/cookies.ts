import type { CookieSerializeOptions } from '@fastify/cookie';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { CookieNames } from './cookie-names.js';
import { RequestTokens } from './request-tokens.js';

/** The value of a cookie, and how many seconds a browser keeps it. */
interface CookieToken {
  token: string;
  maxAgeSeconds: number;
}

/** Writes the two cookies of a session. Scripts cannot read them, and browsers send them only over https or to localhost. */
@Injectable()
export class SessionCookies {
  private readonly options: CookieSerializeOptions;

  constructor(
    private readonly names: CookieNames,
    private readonly tokens: RequestTokens,
    @Inject(CONFIG) config: Config,
  ) {
    this.options = { httpOnly: true, secure: true, sameSite: config.cookieSameSite, path: '/' };
  }

  set(reply: FastifyReply, access: CookieToken, refresh: CookieToken): void {
    this.setAccess(reply, access);
    reply.setCookie(this.names.refresh, refresh.token, { ...this.options, maxAge: refresh.maxAgeSeconds });
  }

  /** For an access token of a session whose refresh token stays. */
  setAccess(reply: FastifyReply, { token, maxAgeSeconds }: CookieToken): void {
    reply.setCookie(this.names.access, token, { ...this.options, maxAge: maxAgeSeconds });
  }

  /** Clears the cookies if the request carried one of them; other responses set no cookies. */
  clearFrom(request: FastifyRequest, reply: FastifyReply): void {
    if (this.tokens.hasSessionCookie(request))
      this.set(reply, { token: '', maxAgeSeconds: 0 }, { token: '', maxAgeSeconds: 0 });
  }
}
