import type { AdminUserRow } from '../../users/user.schema.js';
import { formatTable, toSeconds } from '../table.js';

const headings = ['ID', 'EMAIL', 'ROLE', 'STATE', 'CREATED', 'LAST SIGN-IN'];

/** Users as a table for the operator. */
export function formatUsers(users: readonly AdminUserRow[]): string {
  const rows = users.map(({ id, email, role, disabled, emailVerified, createdAt, lastSignInAt }) => {
    const state = disabled ? 'disabled' : emailVerified ? 'verified' : 'unverified';
    return [id, email, role, state, toSeconds(createdAt), lastSignInAt ? toSeconds(lastSignInAt) : 'never'];
  });
  return formatTable(headings, rows);
}
