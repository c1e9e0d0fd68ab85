import { Inject, Injectable } from '@nestjs/common';
import { escapeHtml } from '../common/html.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { brandStyle } from './brand-colors.js';
import type { Logo } from './logo.js';
import { readLogo } from './logo.js';
import type { WebFile } from './web-files.js';
import { readWebFiles } from './web-files.js';

const noScript: Readonly<Record<Locale, string>> = {
  en: 'This page needs JavaScript.',
  ko: '이 페이지를 사용하려면 JavaScript가 필요합니다.',
};

/** No inline script or style, and nothing from another origin. */
export const pagePolicy = [
  "default-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "connect-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
].join(';');

/** The pages of packages/web, with what this service says about itself written into them. */
@Injectable()
export class WebPages {
  readonly brandStyle: string;
  readonly logo: Logo | undefined;
  private readonly files = readWebFiles();
  private readonly base: string;
  private readonly html: Readonly<Record<Locale, string>>;

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.base = `${new URL(config.publicUrl).pathname.replace(/\/$/, '')}/`;
    this.brandStyle = brandStyle(config.brand.color);
    this.logo = config.brand.logoFile === undefined ? undefined : readLogo(config.brand.logoFile);
    this.html = { en: this.render('en'), ko: this.render('ko') };
  }

  htmlIn(locale: Locale): string {
    return this.html[locale];
  }

  assetOf(name: string): WebFile | undefined {
    return this.files.assets.get(name);
  }

  private render(locale: Locale): string {
    const { brand, registrationOpen, mail, pages } = this.config;
    // What packages/web/src/config.ts reads.
    const pageConfig = {
      base: this.base,
      brandName: brand.name,
      brandUrl: brand.url,
      hasLogo: this.logo !== undefined,
      registrationOpen,
      sendsMail: mail.smtpUrl !== undefined || mail.folder !== undefined,
      hasAdminPages: pages === 'on',
    };
    // Functions, because a replacement that is a string gives `$&` and `$'` in a name a meaning.
    return this.files.html
      .replace('lang="en"', () => `lang="${locale}"`)
      .replace(noScript.en, () => noScript[locale])
      .replace('<title>Pawl</title>', () => `<title>${escapeHtml(brand.name)}</title>`)
      .replace('content="{}"', () => `content="${escapeHtml(JSON.stringify(pageConfig))}"`)
      .replace('</title>', () => `</title>\n    <link rel="stylesheet" href="${this.base}account/brand.css">`)
      .replaceAll('"./assets/', () => `"${this.base}account/assets/`);
  }
}
