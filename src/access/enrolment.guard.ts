import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { callerOf } from '#pawl/nest/caller.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { OpenToEnrolment } from './decorators/open-to-enrolment.js';

/**
 * Enforces MFA_REQUIRED_ROLES from the claims alone, without a query. Every sign-in of an account with a second factor is
 * `aal2`, so a token of less is of a user who has none, or from before there was one.
 */
@Injectable()
export class EnrolmentGuard implements CanActivate {
  private readonly roles: ReadonlySet<string>;

  constructor(
    private readonly reflector: Reflector,
    @Inject(CONFIG) { mfaRequiredRoles }: Config,
  ) {
    this.roles = new Set(mfaRequiredRoles);
  }

  canActivate(context: ExecutionContext): boolean {
    if (this.roles.size === 0) return true;
    const caller = callerOf(context);
    if (caller?.userId === undefined || caller.acr === 'aal2' || !this.roles.has(caller.role)) return true;
    if (this.reflector.getAllAndOverride(OpenToEnrolment, [context.getHandler(), context.getClass()])) return true;
    throw new ApiError('factor_enrolment_required', `the role ${caller.role} requires a second factor`);
  }
}
