import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Public } from './decorators/public.js';
import { PassportGuard } from './passport.guard.js';

/** Deny by default: every route needs a valid access token, unless it is marked `@Public()`. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly passport: PassportGuard,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext) {
    const isPublic = this.reflector.getAllAndOverride(Public, [context.getHandler(), context.getClass()]);
    return isPublic === true || this.passport.canActivate(context);
  }
}
