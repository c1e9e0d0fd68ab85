import type { PrismaService } from '../database/prisma.service.js';

interface Statement {
  text: string;
  values: unknown[];
}

interface CounterRow {
  points: number;
  expire: bigint | null;
}

/** The service's own pool and timeouts in the shape of a `pg` client. */
export function postgresClient(db: PrismaService) {
  return {
    query: async ({ text, values }: Statement) => {
      const found = await db.$queryRawUnsafe<CounterRow[]>(text.replaceAll(/\s+/g, ' ').trim(), ...values);
      const rows = found.map(({ points, expire }) => ({ points, expire: expire === null ? null : Number(expire) }));
      return { rows, rowCount: rows.length };
    },
  };
}
