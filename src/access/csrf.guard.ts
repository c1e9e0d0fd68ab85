import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { includesOrigin } from '../config/origins.js';
import { leadsToCookies } from '../factors/challenge-token.js';
import { CrossSite } from './decorators/cross-site.js';
import { RateLimit } from './decorators/rate-limit.js';
import { RequestTokens } from './request-tokens.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
/** A page of another site cannot make a browser send this type without asking first (a CORS preflight). */
const preflighted = /^application\/json\b/i;

/**
 * Refuses requests that another site makes a browser send:
 * - with our cookies, or to obtain our cookies (a cross-site sign-in is an attack too);
 * - without cookies, if they would count against a limit of the visitor's address.
 * Bearer requests are not affected: a browser does not send a bearer token by itself. Runs before the limits count.
 */
@Injectable()
export class CsrfGuard implements CanActivate {
  private readonly trustedOrigins: ReadonlySet<string>;
  private readonly listedOrigins: ReadonlySet<string>;

  constructor(
    private readonly tokens: RequestTokens,
    private readonly reflector: Reflector,
    @Inject(CONFIG) config: Config,
  ) {
    this.listedOrigins = new Set(config.corsOrigins);
    this.trustedOrigins = new Set([config.origin, ...config.corsOrigins]);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (safeMethods.has(request.method) || this.reflector.get(CrossSite, context.getHandler())) return true;
    const trusted = this.involvesCookies(request)
      ? this.mayUseCookies(request)
      : !this.spendsQuota(request, context) || this.maySpendQuota(request);
    if (trusted) return true;
    throw new ApiError('csrf_rejected', 'sec-fetch-site or origin is of another site');
  }

  private involvesCookies(request: FastifyRequest): boolean {
    // Only a bearer token shows that a browser did not send the request by itself: it sends `Basic` unasked.
    const byCookie = this.tokens.hasSessionCookie(request) && this.tokens.credentialsOf(request)?.via !== 'header';
    return byCookie || asksForCookies(request.body);
  }

  private mayUseCookies(request: FastifyRequest): boolean {
    if (request.headers['sec-fetch-site'] === 'same-site') return this.isListed(request);
    return this.isOurs(request);
  }

  /** A listed page on another site may send requests without cookies. */
  private maySpendQuota(request: FastifyRequest): boolean {
    return this.isOurs(request) || this.isListed(request);
  }

  private isOurs({ headers }: FastifyRequest): boolean {
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    if (site !== undefined) return site === 'same-origin' || site === 'none';
    // A browser too old for Sec-Fetch-Site sends Origin with every unsafe request; a client that sends neither is not one.
    return origin === undefined || includesOrigin(this.trustedOrigins, origin);
  }

  private isListed({ headers: { origin } }: FastifyRequest): boolean {
    return includesOrigin(this.listedOrigins, origin);
  }

  /** Whether a simple request counts: on a limited route, or as a form, in which a client may fail to authenticate. */
  private spendsQuota({ headers }: FastifyRequest, context: ExecutionContext): boolean {
    const type = headers['content-type'];
    if (type === undefined) return this.reflector.get(RateLimit, context.getHandler()) !== undefined;
    return !preflighted.test(type);
  }
}

function asksForCookies(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if ('delivery' in body && body.delivery === 'cookie') return true;
  return 'challenge' in body && typeof body.challenge === 'string' && leadsToCookies(body.challenge);
}
