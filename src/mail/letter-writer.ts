import { Inject, Injectable } from '@nestjs/common';
import { locales, storedLocale } from '../common/locale.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { letterWords } from './letter-words.js';
import { letterKinds, linkMinutes, linkTo } from './letters.js';
import type { Letter } from './letters.js';
import type { Message } from './mail-transport.js';
import { OneTimeTokens } from './one-time-tokens.js';
import type { LeasedMail } from './outbox.js';
import { renderHtml, renderText } from './render.js';

interface Reader {
  id: string;
  locale: string | null;
  emailVerified: boolean;
  disabled: boolean;
}

const readerColumns = { id: true, locale: true, emailVerified: true, disabled: true } as const;

/** Turns what the outbox holds into a letter, at the moment it is sent: as things are then. */
@Injectable()
export class LetterWriter {
  /** What readers know the service by: the host of the pages that the links lead to. */
  private readonly site: string;

  constructor(
    private readonly db: PrismaService,
    private readonly tokens: OneTimeTokens,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.site = new URL(config.frontendUrl ?? config.publicUrl).host;
  }

  /** Undefined when nobody is to be written to: the address is nobody's, or what it is about is no longer so. */
  async write({ id, letter, recipient, userId, locale }: LeasedMail): Promise<Message | undefined> {
    switch (letter) {
      case 'verify_email': {
        const user = await this.userOf(recipient);
        if (!user || user.disabled || user.emailVerified) return undefined;
        return this.compose(id, letter, recipient, localeFor(user, locale), user.id);
      }
      case 'reset_password': {
        const user = await this.userOf(recipient);
        if (!user || user.disabled) return undefined;
        return this.compose(id, letter, recipient, localeFor(user, locale), user.id);
      }
      case 'address_taken': {
        const user = await this.userOf(recipient);
        if (!user || user.disabled) return undefined;
        return this.compose(id, letter, recipient, localeFor(user, locale));
      }
      case 'confirm_new_email': {
        const owner = await this.userOf(recipient);
        // Whose address it is already is told so, and who asked for it is not.
        if (owner) return this.compose(id, 'address_taken', recipient, localeFor(owner, locale));
        const user = userId === null ? null : await this.userWith(userId);
        if (!user || user.disabled) return undefined;
        return this.compose(id, letter, recipient, localeFor(user, locale), user.id);
      }
      case 'email_change_requested':
      case 'email_changed':
      case 'password_changed':
      case 'account_deleted': {
        const user = userId === null ? null : await this.userWith(userId);
        return this.compose(id, letter, recipient, localeFor(user, locale));
      }
    }
  }

  private async compose(
    id: string,
    letter: Letter,
    recipient: string,
    locale: Locale,
    userId?: string,
  ): Promise<Message | undefined> {
    const { link: purpose } = letterKinds[letter];
    let link: string | undefined;
    if (purpose !== undefined && userId !== undefined) {
      const token = await this.tokens.draw(purpose, userId, recipient);
      if (token === undefined) return undefined;
      link = linkTo(purpose, token, this.config);
    }
    const minutes = purpose === undefined ? 0 : linkMinutes[purpose];
    const words = letterWords[locale]({ site: this.site, minutes })[letter];
    const { subject } = words;
    return { id, to: recipient, locale, subject, text: renderText(words, link), html: renderHtml(words, link, locale) };
  }

  private userOf(email: string): Promise<Reader | null> {
    return this.db.user.findUnique({ where: { email }, select: readerColumns });
  }

  private userWith(id: string): Promise<Reader | null> {
    return this.db.user.findUnique({ where: { id }, select: readerColumns });
  }
}

/** The user's own choice before that of the browser that asked. */
function localeFor(user: Pick<Reader, 'locale'> | null, asked: string): Locale {
  return storedLocale(user?.locale ?? null) ?? storedLocale(asked) ?? locales[0];
}
