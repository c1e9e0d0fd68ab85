import type { CustomTypesConfig } from 'pg';
import pg from 'pg';

/**
 * How the columns of a prepared statement are read: as `pg` does, so text, 32-bit numbers, booleans, bytes and lists of text
 * arrive as such; instants faster than there.
 */
export const columnTypes: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.TIMESTAMPTZ && format !== 'binary'
      ? toInstant
      : (pg.types.getTypeParser(oid, format) as (text: unknown) => unknown),
};

/** The session shows `2026-11-21 09:30:00.123456+00` (connection-url.ts). ECMAScript wants a T, and minutes of the offset. */
function toInstant(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}:00`);
}
