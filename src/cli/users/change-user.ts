import { actedBy, detailsOf, operator } from '../../admin/actor.js';
import type { UpdateUser } from '../../admin/users.schema.js';
import { OperatorError } from '../../common/operator-error.js';
import type { CommandContext } from '../command-context.js';
import { assertRole } from './create-user.js';
import { findUser } from './find-user.js';
import type { JsonOption } from './print-users.js';
import { printUser } from './print-users.js';
import type { UserServices } from './user-services.js';

/** Changes a user's role, or disables or enables the user. */
export async function changeUser(
  services: UserServices,
  context: CommandContext,
  name: string,
  changes: UpdateUser,
  options: JsonOption,
): Promise<void> {
  if (changes.role !== undefined) assertRole(changes.role, services.config);
  const { id } = await findUser(services, name);
  printUser(context, await services.administration().updateUser(id, changes, operator), options);
}

/** Ends every session of a user. */
export async function signOutUser(
  services: UserServices,
  context: CommandContext,
  name: string,
  options: JsonOption,
): Promise<void> {
  const user = await findUser(services, name);
  await services.administration().signOutUser(user.id, operator);
  if (options.json) printUser(context, user, options);
  else context.print(`${user.email} is signed out everywhere.`);
}

/** Takes the operator's word that the user has proven the email address. */
export async function verifyUser(
  services: UserServices,
  context: CommandContext,
  name: string,
  options: JsonOption,
): Promise<void> {
  const { id } = await findUser(services, name);
  await services.db.$transaction(async (tx) => {
    if (!(await services.users.confirmEmail(id, tx))) return;
    const event = { event: 'user.email_verified', ...actedBy(operator), subjectUserId: id } as const;
    await services.audit.record({ ...event, details: detailsOf(operator) }, tx);
  });
  printUser(context, await findUser(services, id), options);
}

/** Deletes a user and everything that belongs to the user. */
export async function deleteUser(
  services: UserServices,
  context: CommandContext,
  name: string,
  options: JsonOption & { yes: boolean },
): Promise<void> {
  const user = await findUser(services, name);
  if (!options.yes) {
    throw new OperatorError(`This deletes ${user.email} and everything of this user for good. Add --yes to do it.`);
  }
  await services.administration().deleteUser(user.id, operator);
  if (options.json) printUser(context, user, options);
  else context.print(`${user.email} is deleted.`);
}
