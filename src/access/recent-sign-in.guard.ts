import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { accessRulesOf } from '#pawl/nest/access-rules.js';
import { meetsRequirement, stepUpChallenge } from '#pawl/nest/auth-requirement.js';
import { callerOf } from '#pawl/nest/caller.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';

/**
 * Checks the claims `auth_time` and `acr` against `@RequireAuth(...)`. Runs after the access guard, which has verified them.
 */
@Injectable()
export class RecentSignInGuard implements CanActivate {
  constructor(private readonly clock: Clock) {}

  canActivate(context: ExecutionContext): boolean {
    const { auth } = accessRulesOf(context);
    const caller = callerOf(context);
    if (!auth || !caller) return true;
    // A service cannot confirm a sign-in: it has none.
    if (caller.userId === undefined) throw new ApiError('user_required', `client ${caller.clientId}`);
    if (meetsRequirement(caller, auth, this.clock.nowSeconds())) return true;
    const { authTimeSeconds, acr } = caller;
    throw new ApiError('insufficient_user_authentication', `auth_time ${authTimeSeconds}, acr ${acr}`, {
      headers: { 'WWW-Authenticate': stepUpChallenge(auth) },
      // Pages of another origin may not read that header.
      members: { acr_values: auth.acr, max_age: auth.maxAgeSeconds },
    });
  }
}
