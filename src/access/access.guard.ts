import type { ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../common/errors.js';
import type { Principal } from '../common/principal.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { credentialsOf } from './credentials.js';
import { Public } from './decorators/public.js';

/** Deny by default: every route needs a good access token, but those that say `@Public()`. */
@Injectable()
export class AccessGuard extends AuthGuard() {
  constructor(
    private readonly strategy: AccessTokenStrategy,
    private readonly reflector: Reflector,
  ) {
    super({ defaultStrategy: strategy.name });
  }

  override canActivate(context: ExecutionContext) {
    const isPublic = this.reflector.getAllAndOverride(Public, [context.getHandler(), context.getClass()]);
    if (isPublic) return true;
    // passport makes half a dozen closures and promises for each request: it is asked only for what is not known yet.
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.user = this.strategy.recall(request);
    return request.user !== undefined || super.canActivate(context);
  }

  override handleRequest<T = Principal>(
    error: Error | null,
    user: T | false,
    info: unknown,
    context: ExecutionContext,
  ): T {
    if (user) return user;
    if (error) throw error;
    if (info instanceof ApiError) throw info;
    // RFC 6750 section 3.1: who sent no credentials is told to sign in, not that a token was wrong.
    const sentCredentials = credentialsOf(context.switchToHttp().getRequest<FastifyRequest>()) !== undefined;
    throw new ApiError(sentCredentials ? 'token_invalid' : 'token_missing');
  }
}
