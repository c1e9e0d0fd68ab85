import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Client } from '../access/decorators/client.js';
import { ClientsService } from '../clients/clients.service.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import { IdParam } from '../common/ids.js';
import { ApiProblems, tokenProblems } from '../common/problem.schema.js';
import { Revoker } from '../sessions/revoker.js';
import type { SessionView } from '../sessions/session.schema.js';
import { SessionList, toSessionView } from '../sessions/session.schema.js';
import { Sessions } from '../sessions/sessions.service.js';

@ApiTags('Sessions')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
@Scopes('account')
@Controller('auth/sessions')
export class SessionsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly revoker: Revoker,
    private readonly clients: ClientsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Your live sessions, newest first' })
  @ApiOkResponse({ standardSchema: SessionList, description: 'The sessions' })
  async list(@CurrentUser() { userId, sessionId }: UserPrincipal): Promise<{ sessions: SessionView[] }> {
    const sessions = await this.sessions.listLive(userId);
    const names = await this.clients.findNames(new Set(sessions.map(({ clientId }) => clientId)));
    return { sessions: sessions.map((session) => toSessionView(session, sessionId, names)) };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End one of your sessions' })
  @ApiNoContentResponse({ description: 'Ended' })
  @ApiProblems('not_found')
  async endOne(
    @CurrentUser() { userId }: UserPrincipal,
    @Param('id', { schema: IdParam }) id: string,
    @Client() { ip }: ClientInfo,
  ): Promise<void> {
    const ended = await this.revoker.endSession(userId, id, 'revoked', { actorUserId: userId, ip });
    if (!ended) throw new ApiError('not_found');
  }
}
