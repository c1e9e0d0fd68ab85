import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AccountLimits } from '../limits/account-limits.js';
import { LimitAccount } from './decorators/limit-account.js';

/** Enforces `@LimitAccount()`. Runs after the access guard, which has authenticated the user. */
@Injectable()
export class AccountLimitGuard implements CanActivate {
  constructor(
    private readonly limits: AccountLimits,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { user } = context.switchToHttp().getRequest<FastifyRequest>();
    if (user?.userId === undefined || !this.reflector.get(LimitAccount, context.getHandler())) return true;
    return this.limits.countChange(user.userId).then(() => true);
  }
}
