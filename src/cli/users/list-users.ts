import { OperatorError } from '../../common/operator-error.js';
import type { CommandContext } from '../command-context.js';
import { findUser } from './find-user.js';
import type { UserServices } from './user-services.js';
import { formatUsers } from './user-table.js';

const maxListed = 10_000;

/** Shows one user, or the newest ones. */
export async function listUsers(
  services: UserServices,
  context: CommandContext,
  name: string | undefined,
  options: { limit: string },
): Promise<void> {
  if (name !== undefined) {
    context.print(formatUsers([await findUser(services, name)]));
    return;
  }
  const limit = parseLimit(options.limit);
  const { rows, nextCursor } = await services.users.pageForAdmin({ limit });
  context.print(formatUsers(rows));
  if (nextCursor !== null) context.print('There are more: --limit shows them.');
}

function parseLimit(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > maxListed) {
    throw new OperatorError(`--limit must be a whole number from 1 to ${maxListed}.`);
  }
  return limit;
}
