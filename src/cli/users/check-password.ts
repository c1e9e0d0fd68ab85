import { OperatorError } from '../../common/operator-error.js';
import type { Config } from '../../config/config.js';
import { PasswordHasher } from '../../passwords/password-hasher.js';
import { EmailAddress } from '../../users/email.js';
import type { CommandContext } from '../command-context.js';
import { linesOf } from '../lines.js';
import { readSecret } from '../secret-input.js';
import { openFile } from './import-users.js';
import type { JsonOption } from './print-users.js';
import { BadLine, maxLineBytes, readEmail, readUserLine } from './user-line.js';

/** Tries a password against one line of an import, and imports nothing. The exit code is 1 if it does not match. */
export async function checkPassword(
  config: Config,
  context: CommandContext,
  file: string,
  { check: address, json }: { check: string } & JsonOption,
): Promise<void> {
  const email = EmailAddress.safeParse(address).data;
  if (email === undefined) throw new OperatorError('This is not an email address.');
  const { number, passwordHash } = await findLine(config, context, file, email);
  const password = await readSecret(context.terminal, 'Password', { twice: false });
  const passwords = await PasswordHasher.create(config.passwords);
  const { matches } = await passwords.verify(passwordHash, password, { address: 'operator' });
  if (!context.json({ json }, { matches, line: number }))
    context.print(matches ? `The password matches line ${number}.` : `The password does not match line ${number}.`);
  if (!matches) context.exitCode = 1;
}

async function findLine(config: Config, context: CommandContext, file: string, email: string) {
  for await (const { number, bytes } of linesOf(openFile(context, file), maxLineBytes)) {
    if (readEmail(bytes) !== email) continue;
    try {
      return { number, passwordHash: readUserLine(bytes, config.roles).passwordHash };
    } catch (error) {
      if (error instanceof BadLine) throw new OperatorError(`line ${number}: ${error.message}`);
      throw error;
    }
  }
  throw new OperatorError(`No line of ${file} has this email address.`);
}
