import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../common/errors.js';
import type { UserPrincipal } from '../../common/principal.js';

/**
 * The authenticated user. A service's token is refused with `user_required`. Do not use it on a `@Public()` route, which
 * has no user.
 */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): UserPrincipal => {
  const { user } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!user) throw new Error('@CurrentUser() on a route without the access guard');
  if (user.userId === undefined) throw new ApiError('user_required', `client ${user.clientId}`);
  return user;
});
