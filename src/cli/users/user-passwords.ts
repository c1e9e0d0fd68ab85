import { actedBy, detailsOf, operator } from '../../admin/actor.js';
import { locales } from '../../common/locale.js';
import { OperatorError } from '../../common/operator-error.js';
import { linkMinutes, linkTo } from '../../emails/email-templates.js';
import type { CommandContext } from '../command-context.js';
import { readSecret } from '../secret-input.js';
import { findUser } from './find-user.js';
import type { JsonOption } from './print-users.js';
import { printUser } from './print-users.js';
import type { UserServices } from './user-services.js';

/** Sets a password, which is typed or piped in. Ends every session of the user. */
export async function setPassword(
  services: UserServices,
  context: CommandContext,
  name: string,
  options: JsonOption,
): Promise<void> {
  const user = await findUser(services, name);
  const { id, email } = user;
  const password = await readSecret(context.terminal, 'New password');
  const owner = { email, name: user.name ?? undefined };
  const newHash = await services.newHash();
  const passwordHash = await newHash.of(password, owner, { address: 'operator' });
  const provenHash = (await services.users.findCredentialsById(id))?.passwordHash ?? '';
  await services.revoker().inTransaction(async ({ db, refuseTokensBelow, endSessionsOf }) => {
    const replaced = await services.users.replacePassword(id, { provenHash, passwordHash }, db);
    const raised = replaced ? await services.users.raiseEpoch({ id }, db) : null;
    if (!raised) throw new OperatorError('The user changed meanwhile: try again.');
    await refuseTokensBelow(id, raised.epoch);
    await endSessionsOf(id, 'password_reset');
    await services.outbox.discardPasswordResets(email, db);
    await services.outbox.enqueueNotice('password_changed', user, locales[0], db);
    const event = { event: 'user.password_reset', ...actedBy(operator), subjectUserId: id } as const;
    await services.audit.record({ ...event, details: detailsOf(operator) }, db);
  });
  printUser(context, user, options);
}

/** Prints a link with which its holder chooses the password of a user: give it to nobody else. */
export async function createResetLink(
  services: UserServices,
  context: CommandContext,
  name: string,
  { json }: JsonOption,
): Promise<void> {
  const { id, email } = await findUser(services, name);
  const token = await services.oneTimeTokens().createToken('reset_password', id, email, null);
  if (!token) throw new OperatorError(`${email} is disabled: "pawl users enable ${email}" first.`);
  const event = { event: 'user.reset_link_created', ...actedBy(operator), subjectUserId: id } as const;
  await services.audit.record({ ...event, details: detailsOf(operator) }, services.db);
  const url = linkTo('reset_password', token, services.config);
  if (json) context.printJson({ url, valid_minutes: linkMinutes.reset_password });
  else context.print(`${url}\nIt works once, for ${linkMinutes.reset_password} minutes.`);
}
