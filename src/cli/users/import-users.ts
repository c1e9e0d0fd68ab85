import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { OperatorError } from '../../common/operator-error.js';
import type { CommandContext } from '../command-context.js';
import type { JsonOption } from './print-users.js';
import type { ImportCounts } from './user-import.js';
import { UserImport } from './user-import.js';
import type { UserServices } from './user-services.js';

/** Imports the users of a file, or of standard input. The exit code is 1 if a line was refused. */
export async function importUsers(
  { db, audit, clock, factorTransfer, config }: UserServices,
  context: CommandContext,
  file: string | undefined,
  { json }: JsonOption,
): Promise<void> {
  const report = (counts: ImportCounts) => context.printError(describe(counts));
  const users = new UserImport(db, audit, clock, factorTransfer, config.roles, {
    bad: (line, reason) => context.printError(`line ${line}: ${reason}`),
    duplicate: (line, earlier) => context.printError(`line ${line}: has the email address of line ${earlier} too`),
    progress: report,
  });
  const counts = await users.run(file === undefined ? context.terminal.stdin : openFile(context, file));
  if (json) context.printJson(counts);
  else report(counts);
  if (counts.bad > 0) context.exitCode = 1;
}

/** The bytes of a file. Throws an OperatorError if it cannot be read. */
export async function* openFile(context: CommandContext, file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(resolve(context.folder, file))) yield chunk as Uint8Array;
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
}

function describe({ lines, imported, present, bad }: ImportCounts): string {
  return `${lines} lines: ${imported} imported, ${present} there already, ${bad} bad`;
}
