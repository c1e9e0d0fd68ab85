import pg from 'pg';

export type TypeId = (typeof pg.types.builtins)[keyof typeof pg.types.builtins];

/** A column of what a statement returns. */
export interface Column {
  name: string;
  read: (text: string) => unknown;
}

/**
 * How a column of a prepared statement is read, by the id of its type: as `pg` does, so text, 32-bit numbers, booleans, bytes
 * and lists of text arrive as such; instants faster than there.
 */
export function readerOf(typeId: TypeId): Column['read'] {
  if (typeId === pg.types.builtins.TIMESTAMPTZ) return toInstant;
  return pg.types.getTypeParser(typeId, 'text') as Column['read'];
}

/** The session shows `2026-11-21 09:30:00.123456+00` (connection-url.ts). ECMAScript wants a T, and minutes of the offset. */
function toInstant(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}:00`);
}
