import type { Clock } from '../common/clock.js';
import { databaseNow } from '../database/now.js';
import type { PrismaService } from '../database/prisma.service.js';

/** For the export of personal data: the unexpired links that were sent to the user's own address. */
export async function* readLinksSentTo(
  { id, email }: { id: string; email: string },
  clock: Clock,
  db: PrismaService,
): AsyncIterable<object[]> {
  yield await db.$queryRaw<object[]>`
    SELECT purpose, email, created_at, expires_at FROM one_time_tokens
    WHERE user_id = ${id}::uuid AND email = ${email} AND used_at IS NULL
      AND expires_at > ${databaseNow(clock)} ORDER BY created_at`;
}
