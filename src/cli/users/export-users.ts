import { actedBy, detailsOf, operator } from '../../admin/actor.js';
import { readUsersAfter } from '../../users/user-batches.js';
import type { CommandContext } from '../command-context.js';
import { writeUserLine } from './user-line.js';
import type { UserServices } from './user-services.js';

const pageUsers = 1000;

/** Which secrets the lines have. */
export interface ExportOptions {
  withPasswordHashes: boolean;
  withSecondFactors: boolean;
}

/** Writes every user as a line that an import reads, in the order of the ids. The audit event is stored before the first line is written. */
export async function exportUsers(
  { db, audit, factorTransfer }: UserServices,
  context: CommandContext,
  { withPasswordHashes: withHashes, withSecondFactors }: ExportOptions,
): Promise<void> {
  const details = detailsOf(operator, { hashes: withHashes, factors: withSecondFactors });
  await audit.record({ event: 'user.exported', ...actedBy(operator), details }, db);
  let count = 0;
  let after: string | undefined;
  do {
    const users = await readUsersAfter(after, pageUsers, db);
    const ids = withSecondFactors ? users.map(({ id }) => id) : [];
    const factors = await factorTransfer.read(ids, db);
    const lines = users.map((user) => `${writeUserLine(user, withHashes, factors.get(user.id))}\n`);
    context.terminal.stdout.write(lines.join(''));
    count += users.length;
    after = users.length === pageUsers ? users.at(-1)!.id : undefined;
  } while (after !== undefined);
  context.printError(`${count} users.`);
}
