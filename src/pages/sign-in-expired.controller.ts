import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { escapeHtml } from '../common/html.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { sendPage } from './page.js';

const words: Readonly<Record<Locale, { title: string; text: string; backTo: (name: string) => string }>> = {
  en: {
    title: 'This sign-in cannot be completed',
    text: 'It has expired, was already completed, or was started in another browser. Go back to the application and start again.',
    backTo: (name) => `Back to ${name}`,
  },
  ko: {
    title: '로그인을 마칠 수 없습니다',
    text: '시간이 지났거나 이미 끝났거나 다른 브라우저에서 시작한 로그인입니다. 앱으로 돌아가 다시 시작해 주세요.',
    backTo: (name) => `${name}(으)로 돌아가기`,
  },
};

/** Where a browser ends that comes back from a provider without a sign-in of its own: it is not known which page sent it. */
@ApiExcludeController()
@Public()
@Controller('account/sign-in-expired')
export class SignInExpiredController {
  private readonly brand: Config['brand'];

  constructor(@Inject(CONFIG) { brand }: Config) {
    this.brand = brand;
  }

  @Get()
  show(@RequestLocale() locale: Locale, @Res() reply: FastifyReply): void {
    const { title, text, backTo } = words[locale];
    const { name, url } = this.brand;
    const back = url === undefined ? '' : `\n<p><a href="${escapeHtml(url)}">${escapeHtml(backTo(name))}</a></p>`;
    sendPage(reply, locale, title, `<h1>${title}</h1>\n<p>${text}</p>${back}`);
  }
}
