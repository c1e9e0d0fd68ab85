import type { AdminUserRow } from '../../users/user.schema.js';

const headings = ['ID', 'EMAIL', 'ROLE', 'STATE', 'CREATED', 'LAST SIGN-IN'];

/** Users as a table for the operator. */
export function tabulateUsers(users: readonly AdminUserRow[]): string {
  const cells = users.map(({ id, email, role, disabled, emailVerified, createdAt, lastSignInAt }) => {
    const state = disabled ? 'disabled' : emailVerified ? 'verified' : 'unverified';
    return [id, email, role, state, toSeconds(createdAt), lastSignInAt ? toSeconds(lastSignInAt) : 'never'];
  });
  const widths = headings.map((_, i) => Math.max(...[headings, ...cells].map((line) => line[i]!.length)));
  return [headings, ...cells]
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function toSeconds(instant: Date): string {
  return instant.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
