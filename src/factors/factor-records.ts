import type { PrismaService } from '../database/prisma.service.js';
import { SecondFactors } from './second-factors.js';

/** For the export of personal data: the factors of the user, without what is secret. */
export async function* readFactorsOf(userId: string, db: PrismaService): AsyncIterable<object[]> {
  const factors = await new SecondFactors(db).listOf(userId);
  yield factors.map(({ id, type, name, createdAt, lastUsedAt }) => ({
    id,
    type,
    name,
    created_at: createdAt,
    last_used_at: lastUsedAt,
  }));
}
