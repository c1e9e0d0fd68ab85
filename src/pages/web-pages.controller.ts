import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import { AssetName } from './asset-name.js';
import { pagePolicy, WebPages } from './web-pages.js';

/** The pages below /account that packages/web shows. Any other is not found. */
export const accountPaths = [
  'account',
  'account/sign-in',
  'account/register',
  'account/forgot-password',
  'account/verify-email',
  'account/reset-password',
  'account/security',
  'account/sessions',
  'account/activity',
  'account/data',
];

/** Their names change with their content. */
const assetCacheControl = 'public, max-age=31536000, immutable';

/** Serves the account pages, and the files that they load. */
@ApiExcludeController()
@Public()
@Controller()
export class WebPagesController {
  constructor(private readonly pages: WebPages) {}

  @Get(accountPaths)
  page(@RequestLocale() locale: Locale, @Res() reply: FastifyReply): void {
    sendWebPage(reply, this.pages.htmlIn(locale));
  }

  @Get('account/brand.css')
  brandStyle(@Res() reply: FastifyReply): void {
    void reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(this.pages.brandStyle);
  }

  @Get('account/logo')
  logo(@Res() reply: FastifyReply): void {
    const { logo } = this.pages;
    if (!logo) throw new ApiError('not_found', 'BRAND_LOGO is not set');
    // An SVG that is opened by itself is a document: it may run nothing.
    void reply
      .type(logo.type)
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .header('cache-control', 'no-cache')
      .send(logo.content);
  }

  @Get('account/assets/:name')
  asset(
    @Param('name', { schema: AssetName }) name: string,
    @Req() { headers }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const file = this.pages.assetOf(name);
    if (!file) throw new ApiError('not_found', 'no such asset');
    const acceptsGzip = /\bgzip\b/.test(headers['accept-encoding'] ?? '');
    if (acceptsGzip) void reply.header('content-encoding', 'gzip');
    void reply
      .type(file.type)
      .header('cache-control', assetCacheControl)
      .header('vary', 'Accept-Encoding')
      .send(acceptsGzip ? file.gzipped : file.content);
  }
}

/** Sends index.html of packages/web under its policy. */
export function sendWebPage(reply: FastifyReply, html: string): void {
  void reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', pagePolicy)
    .header('vary', 'Accept-Language')
    .send(html);
}
