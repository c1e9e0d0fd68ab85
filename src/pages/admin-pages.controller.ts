import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import type { Locale } from '../common/locale.js';
import { sendWebPage } from './web-pages.controller.js';
import { WebPages } from './web-pages.js';

/**
 * The pages of packages/web besides the account. They are the same for everybody: what an admin sees in them comes from the
 * API, which asks who is calling. None of them has a path of the API.
 */
export const adminPaths = [
  'token',
  'admin',
  'admin/users/:id',
  'admin/apps',
  'admin/events',
  'admin/outbox',
  'admin/state',
];

/** Serves the pages of admins and developers, with PAGES=on only. */
@ApiExcludeController()
@Public()
@Controller()
export class AdminPagesController {
  constructor(private readonly pages: WebPages) {}

  @Get(adminPaths)
  page(@RequestLocale() locale: Locale, @Res() reply: FastifyReply): void {
    sendWebPage(reply, this.pages.htmlIn(locale));
  }
}
