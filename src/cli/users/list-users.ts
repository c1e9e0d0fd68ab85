import { OperatorError } from '../../common/operator-error.js';
import type { CommandContext } from '../command-context.js';
import { findUser } from './find-user.js';
import type { JsonOption } from './print-users.js';
import { printUser, printUsers } from './print-users.js';
import type { UserServices } from './user-services.js';

const maxListed = 10_000;

/** Shows one user, or the newest ones. */
export async function listUsers(
  services: UserServices,
  context: CommandContext,
  name: string | undefined,
  options: JsonOption & { limit: string },
): Promise<void> {
  if (name !== undefined) {
    printUser(context, await findUser(services, name), options);
    return;
  }
  const limit = parseLimit(options.limit);
  const { rows, nextCursor } = await services.users.pageForAdmin({ limit });
  printUsers(context, rows, nextCursor !== null, options);
}

function parseLimit(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > maxListed) {
    throw new OperatorError(`--limit must be a whole number from 1 to ${maxListed}.`);
  }
  return limit;
}
