import type { AdminUserRow } from '../../users/user.schema.js';
import { toAdminUserView } from '../../users/user.schema.js';
import type { CommandContext } from '../command-context.js';
import { formatTable, toSeconds } from '../table.js';

const headings = ['ID', 'EMAIL', 'ROLE', 'STATE', 'CREATED', 'LAST SIGN-IN'];

export interface JsonOption {
  json: boolean;
}

/** Prints one user as a table, or as the admin's HTTP API shows it. */
export function printUser(context: CommandContext, user: AdminUserRow, { json }: JsonOption): void {
  if (json) context.printJson(toAdminUserView(user));
  else context.print(formatUsers([user]));
}

/** Prints the newest users. `more` says that there are others. */
export function printUsers(
  context: CommandContext,
  users: readonly AdminUserRow[],
  more: boolean,
  { json }: JsonOption,
): void {
  if (json) {
    context.printJson({ users: users.map(toAdminUserView), more });
    return;
  }
  context.print(formatUsers(users));
  if (more) context.print('There are more: --limit shows them.');
}

function formatUsers(users: readonly AdminUserRow[]): string {
  const rows = users.map(({ id, email, role, disabled, emailVerified, createdAt, lastSignInAt }) => {
    const state = disabled ? 'disabled' : emailVerified ? 'verified' : 'unverified';
    return [id, email, role, state, toSeconds(createdAt), lastSignInAt ? toSeconds(lastSignInAt) : 'never'];
  });
  return formatTable(headings, rows);
}
