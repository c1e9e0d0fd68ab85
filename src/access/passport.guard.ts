import type { ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '#pawl/nest/principal.js';
import { ApiError } from '../common/errors.js';
import { AccessTokenStrategy, KeyLookupError } from './access-token.strategy.js';
import { RequestTokens } from './request-tokens.js';

/** Authenticates a request with passport, and sets `request.user`. Only this file and the strategy know passport. */
@Injectable()
export class PassportGuard extends AuthGuard() {
  constructor(
    private readonly strategy: AccessTokenStrategy,
    private readonly tokens: RequestTokens,
  ) {
    super({ defaultStrategy: strategy.name });
  }

  override canActivate(context: ExecutionContext) {
    // passport creates half a dozen closures and promises for each request, so it only sees tokens that are new here.
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.user = this.strategy.recall(request);
    return request.user !== undefined || super.canActivate(context);
  }

  /** `error` is what `validate` threw; `info` says why the token did not get that far. */
  override handleRequest<Caller = Principal>(
    error: Error | null,
    user: Caller | false,
    info: Error | undefined,
    context: ExecutionContext,
  ): Caller {
    if (user) return user;
    if (error) throw error;
    if (info instanceof ApiError) throw info;
    if (info instanceof KeyLookupError) throw info.cause;
    // RFC 6750 section 3.1: without credentials the response names no error.
    const sentCredentials =
      this.tokens.credentialsOf(context.switchToHttp().getRequest<FastifyRequest>()) !== undefined;
    throw new ApiError(sentCredentials ? 'token_invalid' : 'token_missing', info?.message);
  }
}
