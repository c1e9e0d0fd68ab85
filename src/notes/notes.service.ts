import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Page, PageQuery } from '../common/pagination.js';
import { allPages, toPage } from '../common/pagination.js';
import { PrismaService } from '../database/prisma.service.js';
import { isForeignKeyViolation } from '../database/unavailable.js';
import { PersonalData } from '../users/personal-data.js';
import type { CreateNote, NoteRow, NoteView, UpdateNote } from './note.schema.js';
import { noteColumns, toNoteView } from './note.schema.js';

/** How many notes one user may have, so that nobody fills the database. Requests at the same moment may add a few more. */
const maxNotesPerUser = 10_000;

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

  pageOfOwner(userId: string, query: PageQuery): Promise<Page<NoteRow>> {
    return this.page(query, { userId });
  }

  /** For the export of personal data. */
  private async *allOfOwner(userId: string): AsyncIterable<NoteView[]> {
    for await (const { rows } of allPages((query) => this.pageOfOwner(userId, query))) yield rows.map(toNoteView);
  }

  pageOfAll(query: PageQuery): Promise<Page<NoteRow>> {
    return this.page(query, {});
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

  private async page({ limit, cursor }: PageQuery, whose: { userId?: string }): Promise<Page<NoteRow>> {
    const where = { ...whose, id: { lt: cursor } };
    const read = await this.db.note.findMany({ where, orderBy: { id: 'desc' }, take: limit + 1, select: noteColumns });
    return toPage(read, limit);
  }
}

function throwNotFound(): never {
  throw new ApiError('not_found', 'no such note of this user');
}
