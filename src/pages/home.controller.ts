import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import type { Locale } from '../common/locale.js';
import { isDirectFromLoopback } from '../common/loopback.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { showsEmails } from './dev-mail.controller.js';
import { homeWords } from './home-words.js';
import { sendPage } from './page.js';

/** Shows a person who opens the service in a browser what it is and where to go. Links are relative: PUBLIC_URL may have a path. */
@ApiExcludeController()
@Public()
@Controller()
export class HomeController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  private get leadsToAccount(): boolean {
    return this.config.pages !== 'off';
  }

  @Get()
  home(@RequestLocale() locale: Locale, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    // A browser in production is led on. Programs, and everybody during development, get this page.
    if (this.config.production && this.leadsToAccount && request.headers.accept?.includes('text/html')) {
      void reply.header('vary', 'Accept').redirect('account', 302);
      return;
    }
    const words = homeWords[locale];
    const hasAllPages = this.config.pages === 'on';
    const links = [
      ...(this.leadsToAccount ? [words.account] : []),
      ...(hasAllPages ? [words.admin, words.token] : []),
      ...(this.config.docs ? [words.swagger, words.openapi] : []),
      ...(showsEmails(this.config) && isDirectFromLoopback(request) ? [words.emails] : []),
      words.metadata,
      words.ready,
    ];
    const body = `<h1>${words.title}</h1>
<p>${words.opening}</p>
<ul>
${links.map((link) => `<li>${link}</li>`).join('\n')}
</ul>
${this.config.production ? '' : `<p>${words.getAdmin}</p>`}`;
    sendPage(reply, locale, 'Pawl', body);
  }
}
