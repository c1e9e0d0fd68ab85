import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '#pawl/nest/decorators/roles.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { ClientsService } from '../clients/clients.service.js';
import { IdParam } from '../common/ids.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import type { SessionView } from '../sessions/session.schema.js';
import { SessionList, toSessionView } from '../sessions/session.schema.js';
import { Sessions } from '../sessions/sessions.service.js';
import type { Actor } from './actor.js';
import { CurrentActor } from './actor.js';
import { UserAdministration } from './user-administration.js';

@ApiTags('Users')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'forbidden', 'not_found', 'csrf_rejected', 'database_unavailable')
@Roles('admin')
@Scopes('admin')
@Controller('users/:id/sessions')
export class UserSessionsController {
  constructor(
    private readonly administration: UserAdministration,
    private readonly sessions: Sessions,
    private readonly clients: ClientsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Live sessions of a user, newest first' })
  @ApiOkResponse({ standardSchema: SessionList, description: 'The sessions' })
  async list(@Param('id', { schema: IdParam }) id: string): Promise<{ sessions: SessionView[] }> {
    await this.administration.findUser(id);
    const sessions = await this.sessions.listLive(id);
    const names = await this.clients.findNames(new Set(sessions.map(({ clientId }) => clientId)));
    return { sessions: sessions.map((session) => toSessionView(session, undefined, names)) };
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Sign a user out everywhere',
    description: 'Ends every session and refuses every access token that was issued so far.',
  })
  @ApiNoContentResponse({ description: 'Signed out' })
  endAll(@CurrentActor() actor: Actor, @Param('id', { schema: IdParam }) id: string): Promise<void> {
    return this.administration.signOutUser(id, actor);
  }

  @Delete(':session_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End one session of a user' })
  @ApiNoContentResponse({ description: 'Ended' })
  endOne(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: IdParam }) id: string,
    @Param('session_id', { schema: IdParam }) sessionId: string,
  ): Promise<void> {
    return this.administration.endSession(id, sessionId, actor);
  }
}
