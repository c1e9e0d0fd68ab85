import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { accessRulesOf } from '#pawl/nest/access-rules.js';
import { callerOf } from '#pawl/nest/caller.js';
import { ApiError } from '../common/errors.js';

/** Checks the `role` claim against `@Roles(...)`. Runs after the access guard, which has verified the claim. */
@Injectable()
export class RolesGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { roles } = accessRulesOf(context);
    if (!roles) return true;
    const caller = callerOf(context);
    if (caller && roles.includes(caller.role)) return true;
    throw new ApiError('forbidden', `the role is not one of ${roles.join(', ')}`);
  }
}
