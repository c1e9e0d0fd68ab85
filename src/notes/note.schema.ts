import { z } from 'zod';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';
import type { Page } from '../common/pagination.js';
import { NextCursor } from '../common/pagination.js';

const Title = z.string().trim().min(1).max(200).meta({ example: 'Groceries' });
const Body = z.string().max(20_000).meta({ example: 'Bread, salt' });

export const CreateNote = z.strictObject({ title: Title, body: Body.default('') }).meta({ id: 'CreateNote' });
export type CreateNote = z.infer<typeof CreateNote>;

export const UpdateNote = z
  .strictObject({ title: Title.optional(), body: Body.optional() })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .meta({ id: 'UpdateNote', minProperties: 1 });
export type UpdateNote = z.infer<typeof UpdateNote>;

export const NoteView = z
  .object({
    id: Id,
    user_id: Id.meta({ description: 'Whose note it is.' }),
    title: Title,
    body: Body,
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Note' });
export type NoteView = z.infer<typeof NoteView>;

export const NoteList = z.object({ notes: z.array(NoteView), next_cursor: NextCursor }).meta({ id: 'NoteList' });
export type NoteList = z.infer<typeof NoteList>;

/** The columns that `toNoteView` needs. */
export const noteColumns = {
  id: true,
  userId: true,
  title: true,
  body: true,
  createdAt: true,
  updatedAt: true,
} as const;

export interface NoteRow {
  id: string;
  userId: string;
  title: string;
  body: string;
  createdAt: Date;
  updatedAt: Date;
}

export function toNoteView(row: NoteRow): NoteView {
  return {
    id: row.id,
    user_id: row.userId,
    title: row.title,
    body: row.body,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export function toNoteList({ rows, nextCursor }: Page<NoteRow>): NoteList {
  return { notes: rows.map(toNoteView), next_cursor: nextCursor };
}
