import { AccessError } from './access-error.js';
import type { AccessRules } from './access-rules.js';
import { meetsRequirement, stepUpChallenge } from './auth-requirement.js';
import type { Principal } from './principal.js';

/** Throws the refusal if the rules do not admit the caller: `forbidden`, `insufficient_scope`, or a demand for a better sign-in. */
export function assertAdmitted(caller: Principal, { roles, scopes, auth }: AccessRules, nowSeconds: number): void {
  if (roles && !roles.includes(caller.role)) {
    throw new AccessError('forbidden', `the role is not one of ${roles.join(', ')}`);
  }
  if (scopes && !hasScopes(caller, scopes)) {
    // RFC 6750 section 3.1
    const challenge = `Bearer realm="pawl", error="insufficient_scope", scope="${scopes.join(' ')}"`;
    throw new AccessError('insufficient_scope', `client ${caller.clientId} without ${scopes.join(' ')}`, challenge);
  }
  if (!auth) return;
  // A service cannot confirm a sign-in: it has none.
  if (caller.userId === undefined) throw new AccessError('user_required', `client ${caller.clientId}`);
  if (!meetsRequirement(caller, auth, nowSeconds)) {
    const { authTimeSeconds, acr } = caller;
    const detail = `auth_time ${authTimeSeconds}, acr ${acr}`;
    throw new AccessError('insufficient_user_authentication', detail, stepUpChallenge(auth));
  }
}

function hasScopes({ scope }: Principal, wanted: readonly string[]): boolean {
  const granted = scope.split(' ');
  return wanted.every((one) => granted.includes(one));
}
