import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import { AccessError } from '../access-error.js';
import { callerOf } from '../caller.js';
import type { UserPrincipal } from '../principal.js';
import { refusalFor } from '../transports/refusal.js';

/**
 * The authenticated user. A service's token is refused with `user_required`. Do not use it on a `@Public()` route, which
 * has no user.
 */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): UserPrincipal => {
  const caller = callerOf(context);
  if (!caller) throw new Error('@CurrentUser() on a route without the access guard');
  if (caller.userId === undefined)
    throw refusalFor(context, new AccessError('user_required', `client ${caller.clientId}`));
  return caller;
});
