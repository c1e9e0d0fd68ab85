import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Page, PageQuery } from '../common/pagination.js';
import { allPages, toPage } from '../common/pagination.js';
import { Prisma } from '../database/generated/client.js';
import { PreparedStatement } from '../database/prepared-statement.js';
import { PrismaService } from '../database/prisma.service.js';
import { isForeignKeyViolation } from '../database/unavailable.js';
import { PersonalData } from '../users/personal-data.js';
import type { CreateNote, NoteRow, NoteView, UpdateNote } from './note.schema.js';
import { noteColumns, toNoteView } from './note.schema.js';

/** How many notes one user may have, so that nobody fills the database. Requests at the same moment may add a few more. */
const maxNotesPerUser = 10_000;

/** RFC 9562 section 5.10: the max UUID. */
const aboveAllIds = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const notesOfOwner = new PreparedStatement<{ userId: string; cursor: string; take: number }, NoteRow>(
  ({ userId, cursor, take }) => Prisma.sql`
    SELECT id, user_id AS "userId", title, body, created_at AS "createdAt", updated_at AS "updatedAt"
    FROM notes WHERE user_id = ${userId}::uuid AND id < ${cursor}::uuid
    ORDER BY id DESC LIMIT ${take}`,
);

/** Notes. Each statement for an owner names that owner, so the note of another user is not found. */
@Injectable()
export class NotesService {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
    personalData: PersonalData,
  ) {
    personalData.add({ name: 'notes', read: ({ id }) => this.allOfOwner(id) });
  }

  /** Throws `limit_reached` if the user has as many notes as one user may have. */
  async create(userId: string, { title, body }: CreateNote): Promise<NoteRow> {
    await this.assertRoomFor(userId);
    const now = this.clock.now();
    try {
      return await this.db.note.create({
        data: { userId, id: newId(), title, body, createdAt: now, updatedAt: now },
        select: noteColumns,
      });
    } catch (error) {
      if (isForeignKeyViolation(error)) throw new ApiError('token_revoked', 'the user was deleted', { cause: error });
      throw error;
    }
  }

  private async assertRoomFor(userId: string): Promise<void> {
    const where = { userId };
    const last = { orderBy: { id: 'asc' }, skip: maxNotesPerUser - 1, take: 1, select: { id: true } } as const;
    const found = await this.db.note.findMany({ where, ...last });
    if (found.length > 0) throw new ApiError('limit_reached', `the user has ${maxNotesPerUser} notes`);
  }

  /** Prepared, because it is what most requests ask for. Everything else goes through Prisma. */
  async pageOfOwner(userId: string, { limit, cursor = aboveAllIds }: PageQuery): Promise<Page<NoteRow>> {
    return toPage(await this.db.queryDirect(notesOfOwner, { userId, cursor, take: limit + 1 }), limit);
  }

  /** For the export of personal data. */
  private async *allOfOwner(userId: string): AsyncIterable<NoteView[]> {
    for await (const { rows } of allPages((query) => this.pageOfOwner(userId, query))) yield rows.map(toNoteView);
  }

  async pageOfAll({ limit, cursor }: PageQuery): Promise<Page<NoteRow>> {
    const where = { id: { lt: cursor } };
    const read = await this.db.note.findMany({ where, orderBy: { id: 'desc' }, take: limit + 1, select: noteColumns });
    return toPage(read, limit);
  }

  async findOwn(userId: string, id: string): Promise<NoteRow> {
    const note = await this.db.note.findUnique({ where: { userId_id: { userId, id } }, select: noteColumns });
    return note ?? throwNotFound();
  }

  async updateOwn(userId: string, id: string, { title, body }: UpdateNote): Promise<NoteRow> {
    const data = { title, body, updatedAt: this.clock.now() };
    const [note] = await this.db.note.updateManyAndReturn({ where: { userId, id }, data, select: noteColumns });
    return note ?? throwNotFound();
  }

  async deleteOwn(userId: string, id: string): Promise<void> {
    const { count } = await this.db.note.deleteMany({ where: { userId, id } });
    if (count === 0) throwNotFound();
  }

  async deleteAny(id: string): Promise<void> {
    const { count } = await this.db.note.deleteMany({ where: { id } });
    if (count === 0) throwNotFound();
  }
}

function throwNotFound(): never {
  throw new ApiError('not_found', 'no such note of this user');
}
