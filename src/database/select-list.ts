import { Prisma } from './generated/client.js';

/**
 * The columns of a Prisma `select`, for a statement in SQL: `email_verified AS "emailVerified"`. Each field's column must be the
 * field's name in snake case.
 */
export function selectList(select: Readonly<Record<string, true>>): Prisma.Sql {
  const columns = Object.keys(select).map((field) => {
    const column = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return column === field ? field : `${column} AS "${field}"`;
  });
  return Prisma.raw(columns.join(', '));
}
