import { Body, Controller, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { Client } from '../access/decorators/client.js';
import { RateLimit } from '../access/decorators/rate-limit.js';
import type { ClientInfo } from '../common/client-info.js';
import { Introspection } from './introspection.js';
import { Introspected, IntrospectionForm, OAuthTokens, RevocationForm, TokenForm } from './oauth.schema.js';
import { ApiClientForm, ApiOAuthErrors } from './openapi.js';
import { Revocation } from './revocation.js';
import { TokenEndpoint } from './token-endpoint.js';

/** The endpoints of the OAuth standards. They need no access token: the client authenticates itself. */
@ApiTags('OAuth')
@Public()
@Controller('oauth')
export class OAuthController {
  constructor(
    private readonly tokens: TokenEndpoint,
    private readonly revocation: Revocation,
    private readonly introspection: Introspection,
  ) {}

  @RateLimit('refresh')
  @Post('token')
  @HttpCode(200)
  @Header('Pragma', 'no-cache')
  @ApiOperation({ summary: 'Refresh a session, or get a token for the client itself (RFC 6749)' })
  @ApiClientForm()
  @ApiOkResponse({ standardSchema: OAuthTokens, description: 'The tokens' })
  @ApiOAuthErrors('invalid_request', 'invalid_grant', 'invalid_scope', 'unauthorized_client', 'unsupported_grant_type')
  grant(
    @Body({ schema: TokenForm }) form: TokenForm,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Client() from: ClientInfo,
  ): Promise<OAuthTokens> {
    return this.tokens.issueTokens(form, request, reply, from);
  }

  @Post('revoke')
  @HttpCode(200)
  @Header('Pragma', 'no-cache')
  @ApiOperation({ summary: 'End the session of a token, or revoke a token of the client itself (RFC 7009)' })
  @ApiClientForm()
  @ApiOkResponse({ description: 'Revoked, or no longer valid' })
  @ApiOAuthErrors('invalid_request', 'invalid_grant')
  revoke(@Body({ schema: RevocationForm }) form: RevocationForm, @Req() request: FastifyRequest): Promise<void> {
    return this.revocation.revoke(form, request);
  }

  @Post('introspect')
  @HttpCode(200)
  @Header('Pragma', 'no-cache')
  @ApiOperation({ summary: 'Whether a token is valid right now, and whose it is (RFC 7662)' })
  @ApiClientForm()
  @ApiOkResponse({ standardSchema: Introspected, description: 'The claims of the token, or that it is not active' })
  @ApiOAuthErrors('invalid_request')
  introspect(
    @Body({ schema: IntrospectionForm }) form: IntrospectionForm,
    @Req() request: FastifyRequest,
  ): Promise<Introspected> {
    return this.introspection.introspect(form, request);
  }
}
