import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiFoundResponse, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { Client } from '../access/decorators/client.js';
import { CrossSite } from '../access/decorators/cross-site.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { ProviderCookie } from '../access/provider-cookie.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import { ApiProblems } from '../common/problem.schema.js';
import { flowTtlSeconds } from '../identities/provider-flow.js';
import { Providers } from '../identities/providers.js';
import { ProviderFlowStart } from './provider-flow-start.js';
import { ProviderReturn } from './provider-return.js';
import { ProviderIdParam, ProviderList, StartQuery } from './providers.schema.js';
import { withParameters } from './return-targets.js';

/** The way of a browser to a provider and back. */
@ApiTags('Auth')
@Public()
@Controller('auth/providers')
export class ProvidersController {
  constructor(
    private readonly providers: Providers,
    private readonly starts: ProviderFlowStart,
    private readonly returns: ProviderReturn,
    private readonly cookie: ProviderCookie,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The providers with which users can sign in' })
  @ApiOkResponse({ standardSchema: ProviderList, description: 'The providers, as PROVIDERS lists them' })
  list(): ProviderList {
    return { providers: this.providers.list().map(({ id, name }) => ({ id, name })) };
  }

  @Get(':provider/start')
  @ApiOperation({
    summary: 'Send a browser to a provider',
    description:
      'Open it as a page. In the end the browser is at `return_to`: signed in with cookies or, with a `code_challenge`, with a one-time `code` for POST /auth/providers/exchange. What goes wrong on the way arrives there as `error`, one of the codes of this API.',
  })
  @ApiFoundResponse({
    description: 'To the provider, or to `return_to` if the provider cannot be reached',
    content: {},
  })
  @ApiProblems('validation_failed', 'not_found')
  async start(
    @Param('provider', { schema: ProviderIdParam }) id: string,
    @Query({ schema: StartQuery }) query: StartQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { returnTo, state, sealedFlow, url } = this.starts.begin(id, query);
    const target = await this.starts.orError(id, url);
    if (target instanceof ApiError) {
      await reply.redirect(withParameters(returnTo, { error: target.code }), 302);
      return;
    }
    this.cookie.write({ request, reply }, state, { value: sealedFlow, maxAgeSeconds: flowTtlSeconds });
    await reply.redirect(target.href, 302);
  }

  @Get(':provider/callback')
  @ApiOperation({
    summary: 'Receive a browser that comes back from a provider',
    description: 'The redirect URI to register at the provider. Only the provider sends browsers here.',
  })
  @ApiQuery({ name: 'code', required: false, schema: { type: 'string' } })
  @ApiQuery({ name: 'state', required: false, schema: { type: 'string' } })
  @ApiFoundResponse({
    description: 'To `return_to`, or to a page of Pawl if the browser has started no sign-in',
    content: {},
  })
  @ApiProblems('validation_failed', 'not_found')
  async callback(
    @Param('provider', { schema: ProviderIdParam }) id: string,
    @Client() client: ClientInfo,
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.providers.get(id);
    await reply.redirect(await this.returns.complete(id, { request, reply, client, locale }), 302);
  }

  /**
   * Apple sends the response as a form. Browsers omit our cookies from a form of another site, so the browser is sent on with a
   * GET, to which they belong.
   */
  @CrossSite()
  @Post(':provider/callback')
  @HttpCode(303)
  @ApiExcludeEndpoint()
  async callbackForm(
    @Param('provider', { schema: ProviderIdParam }) id: string,
    @Body() body: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.providers.get(id);
    await reply.redirect(withParameters(this.starts.redirectUri(id), responseIn(body)), 303);
  }
}

/** The parameters of an authorization response (RFC 6749 section 4.1.2, RFC 9207). */
function responseIn(body: unknown): Record<string, string> {
  const names = ['code', 'state', 'iss', 'error'];
  return Object.fromEntries(
    Object.entries(body ?? {}).filter((entry): entry is [string, string] => {
      const [name, value] = entry as [string, unknown];
      return names.includes(name) && typeof value === 'string';
    }),
  );
}
