import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { accessRulesOf } from '#pawl/nest/access-rules.js';
import { stepUpChallenge } from '#pawl/nest/auth-requirement.js';
import { callerOf } from '#pawl/nest/caller.js';
import { ApiError } from '../common/errors.js';
import { UsersService } from '../users/users.service.js';
import { HighestLevel } from './decorators/full-sign-in.js';

/** Enforces the second half of `@FullSignIn()`. It costs a query, on the routes that are marked. */
@Injectable()
export class HighestLevelGuard implements CanActivate {
  constructor(
    private readonly users: UsersService,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const caller = callerOf(context);
    if (caller?.userId === undefined || caller.acr === 'aal2') return true;
    if (!this.reflector.getAllAndOverride(HighestLevel, [context.getHandler(), context.getClass()])) return true;
    return this.assertNoSecondFactor(caller.userId, context);
  }

  private async assertNoSecondFactor(userId: string, context: ExecutionContext): Promise<boolean> {
    if (!(await this.users.hasSecondFactor(userId))) return true;
    const required = { ...accessRulesOf(context).auth, acr: 'aal2' as const };
    throw new ApiError('insufficient_user_authentication', 'the account has a second factor', {
      headers: { 'WWW-Authenticate': stepUpChallenge(required) },
      members: { acr_values: required.acr, max_age: required.maxAgeSeconds },
    });
  }
}
