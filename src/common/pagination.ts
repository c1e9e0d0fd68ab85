import { z } from 'zod';
import { uuidBytes, uuidText } from './ids.js';

const defaultLimit = 20;
const maxLimit = 100;
const cursorShape = /^[A-Za-z0-9_-]{22}$/;

/** An opaque cursor is the 16 bytes of the last id of a page. Returns undefined for anything else. */
export function decodeCursor(text: string): string | undefined {
  if (!cursorShape.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  // The last of the 22 characters has spare bits. Only one spelling of a cursor is valid.
  if (bytes.toString('base64url') !== text) return undefined;
  return uuidText(bytes);
}

export function encodeCursor(id: string): string {
  return uuidBytes(id).toString('base64url');
}

/** `limit` and `cursor` of a list's query string. Other keys are ignored. */
export const PageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, `must be a whole number from 1 to ${maxLimit}`)
    .pipe(z.coerce.number<string>().min(1).max(maxLimit))
    .default(defaultLimit)
    .meta({ description: 'The maximum number of items.', type: 'integer', minimum: 1, maximum: maxLimit }),
  cursor: z
    .string()
    .transform((text, context) => {
      const id = decodeCursor(text);
      if (id !== undefined) return id;
      context.addIssue('must be the `next_cursor` of a previous page');
      return z.NEVER;
    })
    .optional()
    .meta({ description: 'The `next_cursor` of the previous page.' }),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** The last field of a page. */
export const NextCursor = z
  .string()
  .nullable()
  .meta({ description: 'The `cursor` of the next page. Null on the last page.', example: 'AZqjyFt-fDGdL09qGyw9Tg' });

/** A page of a list, newest first (ids ascend with creation). */
export interface Page<Row> {
  rows: Row[];
  /** Null on the last page. */
  nextCursor: string | null;
}

/** Makes a page from rows that were read with `take: limit + 1`. The extra row shows that another page follows. */
export function toPage<Row extends { id: string }>(read: Row[], limit: number): Page<Row> {
  const rows = read.slice(0, limit);
  const last = rows.at(-1);
  return { rows, nextCursor: read.length > limit && last ? encodeCursor(last.id) : null };
}

/** Reads all pages of a list. */
export async function* allPages<Row>(read: (query: PageQuery) => Promise<Page<Row>>): AsyncIterable<Page<Row>> {
  let cursor: string | undefined;
  do {
    const page = await read({ cursor, limit: maxLimit });
    yield page;
    cursor = page.nextCursor === null ? undefined : decodeCursor(page.nextCursor);
  } while (cursor !== undefined);
}
