import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { isDirectFromLoopback } from '../common/loopback.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { showsEmails } from './dev-mail.controller.js';
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
  home(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    // A browser in production is led on. Programs, and everybody during development, get this page.
    if (this.config.production && this.leadsToAccount && request.headers.accept?.includes('text/html')) {
      void reply.header('vary', 'Accept').redirect('account', 302);
      return;
    }
    const links = [
      ...(this.leadsToAccount ? ['<a href="account">Your account</a>: sign in, register, and change it'] : []),
      ...(this.config.pages === 'on'
        ? ['<a href="admin">Administration</a>: users, clients, audit trail, status']
        : []),
      ...(this.config.pages === 'on' ? ['<a href="token">What is in a token</a>, read in the page itself'] : []),
      ...(this.config.docs ? ['<a href="docs">Swagger UI</a>, to try every call'] : []),
      ...(this.config.docs ? ['<a href="docs-json">The OpenAPI document</a>'] : []),
      ...(showsEmails(this.config) && isDirectFromLoopback(request)
        ? ['<a href="dev/mail">The emails</a> sent so far']
        : []),
      '<a href=".well-known/oauth-authorization-server">The metadata</a> and <a href=".well-known/jwks.json">the keys</a>, for services that verify tokens',
      '<a href="health/ready">Whether the service is ready</a>',
    ];
    const admin = this.config.production
      ? ''
      : `<p>To get an admin, register and then run <code>npm run users -- role EMAIL admin</code>, or set ADMIN_EMAIL and ADMIN_PASSWORD.</p>`;
    const body = `<h1>Pawl is running</h1>
<p>This is an authentication service. People sign in through the application that uses it.</p>
<ul>
${links.map((link) => `<li>${link}</li>`).join('\n')}
</ul>
${admin}`;
    sendPage(reply, 'en', 'Pawl', body);
  }
}
