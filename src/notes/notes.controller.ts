import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { IdParam } from '../common/ids.js';
import { PageQuery } from '../common/pagination.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { CreateNote, NoteList, NoteView, toNoteList, toNoteView, UpdateNote } from './note.schema.js';
import { NotesService } from './notes.service.js';

/** The sample resource: the `user_id` claim decides whose notes these are. */
@ApiTags('Notes')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
@Controller('notes')
export class NotesController {
  constructor(private readonly notes: NotesService) {}

  @Get()
  @ApiOperation({ summary: 'Your notes, newest first' })
  @ApiOkResponse({ standardSchema: NoteList, description: 'A page of notes' })
  @ApiProblems('validation_failed')
  async list(
    @CurrentUser() { userId }: UserPrincipal,
    @Query({ schema: PageQuery }) query: PageQuery,
  ): Promise<NoteList> {
    return toNoteList(await this.notes.pageOfOwner(userId, query));
  }

  @Post()
  @ApiOperation({ summary: 'Write a note' })
  @ApiCreatedResponse({ standardSchema: NoteView, description: 'The note' })
  @ApiProblems(...bodyProblems, 'limit_reached')
  async create(
    @CurrentUser() { userId }: UserPrincipal,
    @Body({ schema: CreateNote }) body: CreateNote,
  ): Promise<NoteView> {
    return toNoteView(await this.notes.create(userId, body));
  }

  @Get(':id')
  @ApiOperation({ summary: 'One of your notes' })
  @ApiOkResponse({ standardSchema: NoteView, description: 'The note' })
  @ApiProblems('not_found')
  async findOne(
    @CurrentUser() { userId }: UserPrincipal,
    @Param('id', { schema: IdParam }) id: string,
  ): Promise<NoteView> {
    return toNoteView(await this.notes.findOwn(userId, id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change one of your notes' })
  @ApiOkResponse({ standardSchema: NoteView, description: 'The note as it is now' })
  @ApiProblems(...bodyProblems, 'not_found')
  async update(
    @CurrentUser() { userId }: UserPrincipal,
    @Param('id', { schema: IdParam }) id: string,
    @Body({ schema: UpdateNote }) body: UpdateNote,
  ): Promise<NoteView> {
    return toNoteView(await this.notes.updateOwn(userId, id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete one of your notes' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiProblems('not_found')
  remove(@CurrentUser() { userId }: UserPrincipal, @Param('id', { schema: IdParam }) id: string): Promise<void> {
    return this.notes.deleteOwn(userId, id);
  }
}
