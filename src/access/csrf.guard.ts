import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { hasOurCookie } from './cookies.js';
import { credentialsOf } from './credentials.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that another site makes a browser send with our cookies, or to obtain our cookies (a cross-site
 * sign-in is an attack too). Bearer requests are not affected: a browser does not send a bearer token by itself.
 */
@Injectable()
export class CsrfGuard implements CanActivate {
  private readonly trustedOrigins: ReadonlySet<string>;
  private readonly listedOrigins: ReadonlySet<string>;

  constructor(@Inject(CONFIG) config: Config) {
    this.listedOrigins = new Set(config.corsOrigins);
    this.trustedOrigins = new Set([config.origin, ...config.corsOrigins]);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!needsCheck(request) || this.isTrusted(request)) return true;
    throw new ApiError('csrf_rejected', 'sec-fetch-site or origin is of another site');
  }

  private isTrusted({ headers }: FastifyRequest): boolean {
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    if (site === 'same-origin' || site === 'none') return true;
    if (site === 'same-site') return origin !== undefined && this.listedOrigins.has(origin);
    if (site !== undefined) return false;
    // A browser too old for Sec-Fetch-Site sends Origin with every unsafe request; a client that sends neither is not a browser.
    return origin === undefined || this.trustedOrigins.has(origin);
  }
}

function needsCheck(request: FastifyRequest): boolean {
  if (safeMethods.has(request.method)) return false;
  // Only a bearer token shows that a browser did not send the request by itself: it sends `Basic` unasked.
  if (hasOurCookie(request) && credentialsOf(request)?.via !== 'header') return true;
  return asksForCookies(request.body);
}

function asksForCookies(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'delivery' in body && body.delivery === 'cookie';
}
