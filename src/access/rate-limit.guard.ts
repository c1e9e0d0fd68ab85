import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../common/client-address.js';
import type { LimitName } from '../limits/address-limits.js';
import { AddressLimits } from '../limits/address-limits.js';
import { quotaExceeded, quotaHeaders } from '../limits/quota.js';
import { RateLimit } from './decorators/rate-limit.js';

/** Enforces `@RateLimit()`. It runs before the request is validated, so a refused request costs almost nothing. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly limits: AddressLimits,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const name = this.reflector.get(RateLimit, context.getHandler());
    if (name === undefined) return true;
    const http = context.switchToHttp();
    return this.admit(name, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  private async admit(name: LimitName, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const use = await this.limits.use(name, clientAddress(request));
    if (!use) return true;
    reply.headers(quotaHeaders(use));
    if (use.refused) throw quotaExceeded(use);
    return true;
  }
}
