import type { AuditEventName } from '../audit/audit-event.js';
import { isEnabledAdmin } from '../users/admins.js';
import type { AdminUserRow } from '../users/user.schema.js';
import type { UpdateUser } from './users.schema.js';

type Before = Pick<AdminUserRow, 'role' | 'disabled' | 'name'>;

/** What must happen along with a change of a user. */
export interface ChangeEffects {
  /** The user is an enabled admin and will no longer be one. */
  losesAdmin: boolean;
  /** Access tokens issued before are refused. */
  refusesTokens: boolean;
  /** Every session ends. */
  endsSessions: boolean;
  events: AuditEventName[];
}

/** Pure. A change to the present value has no effect. */
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
