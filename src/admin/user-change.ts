import type { AuditEventName } from '../audit/audit-event.js';
import { isEnabledAdmin } from '../users/admins.js';
import type { AdminUserRow } from '../users/user.schema.js';
import type { UpdateUser } from './users.schema.js';

type Before = Pick<AdminUserRow, 'role' | 'disabled' | 'name'>;

/** What a change of a user brings with it. */
export interface ChangeEffects {
  /** The user is an enabled admin and will not be one any more. */
  losesAdmin: boolean;
  /** Access tokens issued before must not be accepted any more. */
  refusesTokens: boolean;
  /** No session may go on. */
  endsSessions: boolean;
  events: AuditEventName[];
}

/** Pure. Asking for what already is has no effect. */
export function effectsOf(
  before: Before,
  { role = before.role, disabled = before.disabled, name = before.name }: UpdateUser,
): ChangeEffects {
  const newRole = role !== before.role;
  const disabling = disabled && !before.disabled;
  const enabling = !disabled && before.disabled;
  const events: AuditEventName[] = [];
  if (newRole) events.push('user.role_changed');
  if (disabling) events.push('user.disabled');
  if (enabling) events.push('user.enabled');
  if (name !== before.name) events.push('user.renamed');
  return {
    losesAdmin: isEnabledAdmin(before) && !isEnabledAdmin({ role, disabled }),
    refusesTokens: newRole || disabling,
    endsSessions: disabling,
    events,
  };
}
