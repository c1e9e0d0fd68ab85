import type { Clock } from '../common/clock.js';
import { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import type { PrismaService } from '../database/prisma.service.js';
import { shownUse } from './shown-use.js';

const pageRows = 100;

/** For the export of personal data: every stored session of the user, newest first, page by page. */
export async function* readSessionsOf(userId: string, clock: Clock, db: PrismaService): AsyncIterable<object[]> {
  const now = databaseNow(clock);
  let before: string | undefined;
  do {
    const older = before === undefined ? Prisma.empty : Prisma.sql`AND id < ${before}::uuid`;
    const rows = await db.$queryRaw<{ id: string }[]>`
      SELECT id, client_id, created_at, ${shownUse(now)} AS last_used_at, expires_at, revoked_at, revoked_reason, ip,
        user_agent
      FROM sessions WHERE user_id = ${userId}::uuid ${older} ORDER BY id DESC LIMIT ${pageRows}::int`;
    yield rows;
    before = rows.length === pageRows ? rows.at(-1)!.id : undefined;
  } while (before !== undefined);
}
