import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';
import { CookieNames } from './cookie-names.js';

/** The access token of a request, not verified yet, and where it came from. */
export interface Credentials {
  token: string;
  via: 'header' | 'cookie';
}

/** Reads the tokens of requests. */
@Injectable()
export class RequestTokens {
  constructor(private readonly names: CookieNames) {}

  /**
   * A request is authenticated by its `Authorization` header, or by the access cookie if it has no such header at all. A
   * header of another scheme is not a credential, but then the cookie is ignored too: browsers send `Basic` by themselves,
   * so it must not switch off the cross-site check. Tokens are never read from the query string (RFC 9700 section 4.3.2).
   */
  credentialsOf(request: FastifyRequest): Credentials | undefined {
    assertSingleAuthorization(request);
    const { authorization } = request.headers;
    if (authorization === undefined) {
      const token = request.cookies[this.names.access];
      return token === undefined ? undefined : { token, via: 'cookie' };
    }
    const bearer = /^bearer(?: (.*))?$/i.exec(authorization);
    return bearer ? { token: (bearer[1] ?? '').replace(/^ +/, ''), via: 'header' } : undefined;
  }

  refreshCookieOf({ cookies }: FastifyRequest): string | undefined {
    return cookies[this.names.refresh];
  }

  /** Whether the request carries a cookie of a session, whatever is in it. */
  hasSessionCookie({ cookies }: FastifyRequest): boolean {
    return this.names.access in cookies || this.names.refresh in cookies;
  }
}

/** Node keeps the first header and drops the others. A proxy that keeps another one would see another caller. */
function assertSingleAuthorization(request: FastifyRequest): void {
  const { rawHeaders } = request.raw;
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 13 && name.toLowerCase() === 'authorization') seen++;
  }
  if (seen > 1) throw new ApiError('invalid_request', 'more than one Authorization header');
}
