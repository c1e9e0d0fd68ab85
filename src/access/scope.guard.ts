import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { accessRulesOf } from '#pawl/nest/access-rules.js';
import { callerOf } from '#pawl/nest/caller.js';
import { builtInClientId } from '../clients/client.js';
import { includesScope } from '../clients/scope.js';
import { ApiError } from '../common/errors.js';

/**
 * Checks the `scope` claim against `@Scopes(...)`: it closes a route to tokens of registered clients that lack a scope.
 * Tokens of the built-in client have no scope and need none. Pawl's own scopes are `account` for the user's account, `admin`
 * for users, clients and the audit trail, `revocations` for the revocation feed, and `provider_tokens` for the kept tokens of
 * other providers. Runs after the access guard, which has verified the claim.
 */
@Injectable()
export class ScopeGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { scopes } = accessRulesOf(context);
    const caller = callerOf(context);
    if (!scopes || !caller || caller.clientId === builtInClientId) return true;
    // No scope opens an account to a service: it has none.
    if (scopes.includes('account') && caller.userId === undefined) {
      throw new ApiError('user_required', `client ${caller.clientId}`);
    }
    if (scopes.every((scope) => includesScope(caller.scope, scope))) return true;
    // RFC 6750 section 3.1
    const header = `Bearer realm="pawl", error="insufficient_scope", scope="${scopes.join(' ')}"`;
    throw new ApiError('insufficient_scope', `client ${caller.clientId} without ${scopes.join(' ')}`, {
      headers: { 'WWW-Authenticate': header },
    });
  }
}
