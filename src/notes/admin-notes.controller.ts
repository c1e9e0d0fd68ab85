import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '#pawl/nest/decorators/roles.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { IdParam } from '../common/ids.js';
import { PageQuery } from '../common/pagination.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import { NoteList, toNoteList } from './note.schema.js';
import { NotesService } from './notes.service.js';

/** Everyone's notes: the `role` claim opens this controller to admins. */
@ApiTags('Admin')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'forbidden', 'csrf_rejected', 'database_unavailable')
@Roles('admin')
@Scopes('admin')
@Controller('admin/notes')
export class AdminNotesController {
  constructor(private readonly notes: NotesService) {}

  @Get()
  @ApiOperation({ summary: 'Everyone’s notes, newest first' })
  @ApiOkResponse({ standardSchema: NoteList, description: 'A page of notes' })
  @ApiProblems('validation_failed')
  async list(@Query({ schema: PageQuery }) query: PageQuery): Promise<NoteList> {
    return toNoteList(await this.notes.pageOfAll(query));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete anyone’s note' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiProblems('not_found')
  remove(@Param('id', { schema: IdParam }) id: string): Promise<void> {
    return this.notes.deleteAny(id);
  }
}
