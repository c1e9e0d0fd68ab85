import type { z } from 'zod';
import { operator } from '../../admin/actor.js';
import { locales } from '../../common/locale.js';
import { OperatorError } from '../../common/operator-error.js';
import type { Config } from '../../config/config.js';
import { EmailAddress } from '../../users/email.js';
import { DisplayName } from '../../users/user.schema.js';
import type { CommandContext } from '../command-context.js';
import { readSecret } from '../secret-input.js';
import type { JsonOption } from './print-users.js';
import { printUser } from './print-users.js';
import type { UserServices } from './user-services.js';

/** Creates a user. The password is typed or piped in. */
export async function createUser(
  services: UserServices,
  context: CommandContext,
  address: string,
  options: JsonOption & { role: string; name?: string; verified: boolean },
): Promise<void> {
  const email = parse(EmailAddress, address, 'This is not an email address.');
  const name = parse(DisplayName.optional(), options.name, 'A name has 1 to 200 characters.');
  // Before the operator types a password in vain.
  assertRole(options.role, services.config);
  const password = await readSecret(context.terminal, 'Password');
  const { role, verified: emailVerified } = options;
  const creation = await services.creation();
  const user = await creation.createUser({ email, password, name, role, emailVerified }, operator, {
    locale: locales[0],
  });
  printUser(context, user, options);
}

/** Throws an OperatorError if there is no such role. */
export function assertRole(role: string, { roles }: Config): void {
  if (!roles.includes(role)) throw new OperatorError(`The role must be one of ${roles.join(', ')}.`);
}

function parse<Output>(schema: z.ZodType<Output>, value: unknown, otherwise: string): Output {
  const { success, data } = schema.safeParse(value);
  if (!success) throw new OperatorError(otherwise);
  return data;
}
