import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { accessRulesOf } from '#pawl/nest/access-rules.js';
import { PassportGuard } from './passport.guard.js';

/** Deny by default: every route needs a valid access token, unless it is marked `@Public()`. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly passport: PassportGuard) {}

  canActivate(context: ExecutionContext) {
    return accessRulesOf(context).isPublic || this.passport.canActivate(context);
  }
}
