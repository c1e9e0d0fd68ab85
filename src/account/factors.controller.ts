import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentUser } from '#pawl/nest/decorators/current-user.js';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import type { UserPrincipal } from '#pawl/nest/principal.js';
import { Client } from '../access/decorators/client.js';
import { FullSignIn } from '../access/decorators/full-sign-in.js';
import { LimitAccount } from '../access/decorators/limit-account.js';
import { OpenToEnrolment } from '../access/decorators/open-to-enrolment.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import type { ClientInfo } from '../common/client-info.js';
import { IdParam } from '../common/ids.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems, bodyProblems, tokenProblems } from '../common/problem.schema.js';
import { Factors } from './factors.js';
import { FactorList, FactorView, RecoveryCodesView, RenameFactorBody, toFactorView } from './factors.schema.js';

@ApiTags('Factors')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'user_required', 'csrf_rejected', 'database_unavailable')
@Scopes('account')
@Controller('auth/factors')
export class FactorsController {
  constructor(private readonly factors: Factors) {}

  @OpenToEnrolment()
  @Get()
  @ApiOperation({ summary: 'Your second factors' })
  @ApiOkResponse({ standardSchema: FactorList, description: 'The factors that count, the oldest first' })
  async list(@CurrentUser() { userId }: UserPrincipal): Promise<FactorList> {
    const { factors, recoveryCodesLeft } = await this.factors.list(userId);
    return { factors: factors.map(toFactorView), recovery_codes_left: recoveryCodesLeft };
  }

  @FullSignIn()
  @LimitAccount()
  @Post('recovery-codes')
  @ApiOperation({ summary: 'Create new recovery codes, which voids the earlier ones' })
  @ApiCreatedResponse({ standardSchema: RecoveryCodesView, description: 'The codes, shown once' })
  @ApiProblems('insufficient_user_authentication', 'factor_enrolment_required', 'second_factor_missing', 'rate_limited')
  async replaceRecoveryCodes(
    @CurrentUser() user: UserPrincipal,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
  ): Promise<RecoveryCodesView> {
    return { recovery_codes: await this.factors.replaceRecoveryCodes({ user, ip, locale }) };
  }

  @FullSignIn()
  @LimitAccount()
  @Patch(':id')
  @ApiOperation({ summary: 'Rename a factor' })
  @ApiOkResponse({ standardSchema: FactorView, description: 'The renamed factor' })
  @ApiProblems(
    ...bodyProblems,
    'insufficient_user_authentication',
    'factor_enrolment_required',
    'not_found',
    'rate_limited',
  )
  async rename(
    @CurrentUser() { userId }: UserPrincipal,
    @Param('id', { schema: IdParam }) id: string,
    @Body({ schema: RenameFactorBody }) { name }: RenameFactorBody,
  ): Promise<FactorView> {
    return toFactorView(await this.factors.rename(userId, id, name));
  }

  @FullSignIn()
  @LimitAccount()
  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove a factor, which ends your other sessions',
    description: 'The last factor takes the recovery codes with it.',
  })
  @ApiNoContentResponse({ description: 'Removed' })
  @ApiProblems(
    'insufficient_user_authentication',
    'factor_enrolment_required',
    'not_found',
    'last_way_in',
    'rate_limited',
  )
  remove(
    @CurrentUser() user: UserPrincipal,
    @Param('id', { schema: IdParam }) id: string,
    @Client() { ip }: ClientInfo,
    @RequestLocale() locale: Locale,
  ): Promise<void> {
    return this.factors.remove(id, { user, ip, locale });
  }
}
