import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { escapeHtml } from '../common/html.js';
import type { Locale } from '../common/locale.js';
import { accountPageScript } from './account-page-script.js';
import { accountPageWords } from './account-page-words.js';
import { sendPage } from './page.js';

/** The pages that links in emails lead to if FRONTEND_URL is not set. Calls are relative, because PUBLIC_URL may have a path. */
@ApiExcludeController()
@Public()
@Controller('account')
export class AccountPagesController {
  @Get('verify-email')
  verifyEmail(@RequestLocale() locale: Locale, @Res() reply: FastifyReply): void {
    const { verify } = accountPageWords[locale];
    const fields = `<label for="password" data-ask hidden>${escapeHtml(verify.label)}</label>
<input id="password" type="password" autocomplete="current-password" required data-ask hidden disabled>
`;
    sendAccountPage(reply, locale, { ...verify, call: '../auth/email/verify', fields });
  }

  @Get('reset-password')
  resetPassword(@RequestLocale() locale: Locale, @Res() reply: FastifyReply): void {
    const { reset } = accountPageWords[locale];
    const fields = `<label for="password">${escapeHtml(reset.label)}</label>
<input id="password" type="password" autocomplete="new-password" required autofocus>
`;
    sendAccountPage(reply, locale, { ...reset, call: '../auth/password/reset', fields });
  }

  @Get('page.js')
  script(@Res() reply: FastifyReply): void {
    void reply.type('text/javascript; charset=utf-8').send(accountPageScript);
  }
}

interface AccountPage {
  title: string;
  opening: string;
  button: string;
  done: string;
  /** Shown if the new password was not accepted. */
  refused?: string;
  /** Shown if the password of the account is needed. */
  ask?: string;
  /** Shown if that password is wrong. */
  wrong?: string;
  /** The URL that the form is sent to, relative to the page. */
  call: string;
  /** HTML. */
  fields: string;
}

function sendAccountPage(reply: FastifyReply, locale: Locale, page: AccountPage): void {
  const { shared } = accountPageWords[locale];
  const { title, opening, button, done, refused = '', ask = '', wrong = '', call, fields } = page;
  const words = { call, done, refused, ask, wrong, expired: shared.expired, taken: shared.taken, later: shared.later };
  const data = Object.entries({ ...words, 'no-token': shared.noToken })
    .map(([name, text]) => `data-${name}="${escapeHtml(text)}"`)
    .join('\n  ');
  const body = `<h1>${escapeHtml(title)}</h1>
<noscript><p>${escapeHtml(shared.noScript)}</p></noscript>
<form hidden
  ${data}>
<p>${escapeHtml(opening)}</p>
${fields}<button>${escapeHtml(button)}</button>
</form>
<p role="status"></p>
<script src="page.js"></script>`;
  sendPage(reply, locale, title, body);
}
