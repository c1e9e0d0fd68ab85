import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { builtInClientId } from '../clients/client.js';
import { includesScope } from '../clients/scope.js';
import { ApiError } from '../common/errors.js';
import { RequiredScope } from './decorators/required-scope.js';

/** Checks the `scope` claim against `@RequiredScope(...)`. Runs after the access guard, which has verified the claim. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const scope = this.reflector.getAllAndOverride(RequiredScope, [context.getHandler(), context.getClass()]);
    const { user } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!scope || !user || user.clientId === builtInClientId) return true;
    // No scope opens an account to a service: it has none.
    if (scope === 'account' && user.userId === undefined) {
      throw new ApiError('user_required', `client ${user.clientId}`);
    }
    if (includesScope(user.scope, scope)) return true;
    // RFC 6750 section 3.1
    const header = `Bearer realm="pawl", error="insufficient_scope", scope="${scope}"`;
    throw new ApiError('insufficient_scope', `client ${user.clientId} without ${scope}`, {
      headers: { 'WWW-Authenticate': header },
    });
  }
}
