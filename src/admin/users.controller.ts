import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Roles } from '#pawl/nest/decorators/roles.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { FullSignIn } from '../access/decorators/full-sign-in.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { IdParam } from '../common/ids.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { AdminUserView, toAdminUserView } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { Actor } from './actor.js';
import { CurrentActor } from './actor.js';
import { FactorReset } from './factor-reset.js';
import { UserAdministration } from './user-administration.js';
import { UserCreation } from './user-creation.js';
import { CreateUser, toUserList, UpdateUser, UserList, UsersQuery } from './users.schema.js';

@ApiTags('Users')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'forbidden', 'csrf_rejected', 'database_unavailable')
@Roles('admin')
@Scopes('admin')
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly creation: UserCreation,
    private readonly administration: UserAdministration,
    private readonly factorReset: FactorReset,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Users, newest first' })
  @ApiOkResponse({ standardSchema: UserList, description: 'A page of users' })
  @ApiProblems('validation_failed')
  async list(@Query({ schema: UsersQuery }) query: UsersQuery): Promise<UserList> {
    return toUserList(await this.users.pageForAdmin(query));
  }

  @Post()
  @ApiOperation({
    summary: 'Create a user',
    description: 'Without a password, the user gets an email with a link to choose one.',
  })
  @ApiCreatedResponse({ standardSchema: AdminUserView, description: 'The user' })
  @ApiProblems(...bodyProblems, 'password_too_weak', 'email_taken', 'mail_not_configured', 'overloaded')
  async create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateUser }) body: CreateUser,
    @RequestLocale() locale: Locale,
    @Req() { signal }: FastifyRequest,
  ): Promise<AdminUserView> {
    return toAdminUserView(await this.creation.createUser(body, actor, { locale, signal }));
  }

  @Get(':id')
  @ApiOperation({ summary: 'One user' })
  @ApiOkResponse({ standardSchema: AdminUserView, description: 'The user' })
  @ApiProblems('not_found')
  async findOne(@Param('id', { schema: IdParam }) id: string): Promise<AdminUserView> {
    return toAdminUserView(await this.administration.findUser(id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change role or name, disable or enable' })
  @ApiOkResponse({ standardSchema: AdminUserView, description: 'The changed user' })
  @ApiProblems(...bodyProblems, 'not_found', 'last_admin')
  async update(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: IdParam }) id: string,
    @Body({ schema: UpdateUser }) body: UpdateUser,
  ): Promise<AdminUserView> {
    return toAdminUserView(await this.administration.updateUser(id, body, actor));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a user with all sessions and notes' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiProblems('not_found', 'last_admin')
  remove(@CurrentActor() actor: Actor, @Param('id', { schema: IdParam }) id: string): Promise<void> {
    return this.administration.deleteUser(id, actor);
  }

  @FullSignIn()
  @Delete(':id/factors')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove all second factors of a user who has lost them',
    description:
      'Also removes the recovery codes, ends every session of the user and sends an email. Needs a recent sign-in, so a stolen session of an admin cannot weaken an account.',
  })
  @ApiNoContentResponse({ description: 'Removed' })
  @ApiProblems('insufficient_user_authentication', 'user_required', 'not_found')
  async resetFactors(@CurrentActor() actor: Actor, @Param('id', { schema: IdParam }) id: string): Promise<void> {
    await this.factorReset.reset(id, actor);
  }
}
