import { operator } from '../../admin/actor.js';
import type { UpdateUser } from '../../admin/users.schema.js';
import type { CommandContext } from '../command-context.js';
import { assertRole } from './create-user.js';
import { findUser } from './find-user.js';
import type { UserServices } from './user-services.js';
import { formatUsers } from './user-table.js';

/** Changes a user's role, or disables or enables the user. */
export async function changeUser(
  services: UserServices,
  context: CommandContext,
  name: string,
  changes: UpdateUser,
): Promise<void> {
  if (changes.role !== undefined) assertRole(changes.role, services.config);
  const { id } = await findUser(services, name);
  const user = await services.administration().updateUser(id, changes, operator);
  context.print(formatUsers([user]));
}

/** Ends every session of a user. */
export async function signOutUser(services: UserServices, context: CommandContext, name: string): Promise<void> {
  const { id, email } = await findUser(services, name);
  await services.administration().signOutUser(id, operator);
  context.print(`${email} is signed out everywhere.`);
}
