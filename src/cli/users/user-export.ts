import { actedBy, detailsOf, operator } from '../../admin/actor.js';
import type { AuditLog } from '../../audit/audit-log.js';
import type { PrismaService } from '../../database/prisma.service.js';
import { readUsersAfter } from '../../users/user-batches.js';
import { writeUserLine } from './user-line.js';

const pageUsers = 1000;

/** Writes every user as a line that an import reads, in the order of the ids. Remembered before the first line is out. */
export async function exportUsers(
  db: PrismaService,
  audit: AuditLog,
  withHashes: boolean,
  write: (text: string) => void,
): Promise<number> {
  const details = detailsOf(operator, { hashes: withHashes });
  await audit.record({ event: 'user.exported', ...actedBy(operator), details }, db);
  let count = 0;
  let after: string | undefined;
  do {
    const users = await readUsersAfter(after, pageUsers, db);
    write(users.map((user) => `${writeUserLine(user, withHashes)}\n`).join(''));
    count += users.length;
    after = users.length === pageUsers ? users.at(-1)!.id : undefined;
  } while (after !== undefined);
  return count;
}
