import { Inject, Injectable } from '@nestjs/common';
import { locales, storedLocale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { QueuedEmail } from '../mail/mail-outbox.js';
import type { Message } from '../mail/mail-transport.js';
import type { EmailReader } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import { isTooFrequent } from './email-frequency.js';
import type { EmailTemplate } from './email-templates.js';
import { linkMinutes, linkOf, linkTo } from './email-templates.js';
import { emailWords } from './email-words.js';
import { OneTimeTokens } from './one-time-tokens.js';
import { renderHtml, renderText } from './render.js';

/** Composes queued emails at the moment they are sent, from the state of the user at that time. */
@Injectable()
export class EmailComposer {
  /** How readers know the service: the host of the pages that links lead to. */
  private readonly site: string;

  constructor(
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokens,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.site = new URL(config.frontendUrl ?? config.publicUrl).host;
  }

  /** Returns undefined if the email is not needed: the address belongs to nobody, or its reason no longer applies. */
  async compose(mail: QueuedEmail): Promise<Message | undefined> {
    const { recipient, userId } = mail;
    const template = mail.template as EmailTemplate;
    if (isTooFrequent(template, mail)) return undefined;
    switch (template) {
      case 'verify_email': {
        const reader = await this.userOf(recipient);
        if (reader?.emailVerified) return undefined;
        // A registration names the password that its link activates. Nobody knows who chose the password of an account for
        // which an email was asked again, so its reader chooses one.
        const activatesAnyPassword = this.config.requireVerifiedEmail && mail.stateHash === null;
        return this.toReader(activatesAnyPassword ? 'finish_registration' : template, reader, mail);
      }
      case 'finish_registration':
      case 'renew_password':
      case 'reset_password':
      case 'sign_in':
        return this.toReader(template, await this.userOf(recipient), mail);
      case 'invitation':
        return this.toReader(template, await this.userWith(userId), mail);
      case 'address_taken': {
        const reader = await this.userOf(recipient);
        if (!reader || reader.emailVerified) return this.toReader(template, reader, mail);
        // Somebody else may have registered the address. Its owner takes the account over by choosing a password.
        const choosing = this.config.requireVerifiedEmail ? 'finish_registration' : 'reset_password';
        return this.toReader(choosing, reader, mail);
      }
      case 'confirm_new_email': {
        const owner = await this.userOf(recipient);
        if (!owner) return this.toReader(template, await this.userWith(userId), mail);
        // Only the owner of the address learns that it is taken, not the user who asked for it.
        return owner.id === userId ? undefined : this.toReader('address_taken', owner, mail);
      }
      case 'email_change_requested':
      case 'email_changed':
      case 'new_email_in_use':
      case 'password_changed':
      case 'account_deleted':
      case 'new_device':
      case 'sign_in_after_failures':
      case 'session_reused':
      case 'factor_added':
      case 'factor_removed':
      case 'identity_linked':
      case 'identity_unlinked':
      case 'recovery_codes_replaced':
      case 'recovery_code_used':
      case 'recovery_codes_low':
        return this.fillIn(template, mail, await this.userWith(userId));
      default:
        throw new Error(`This version knows no template ${template satisfies never as string}`);
    }
  }

  private async toReader(
    template: EmailTemplate,
    reader: EmailReader | null,
    mail: QueuedEmail,
  ): Promise<Message | undefined> {
    return !reader || reader.disabled ? undefined : this.fillIn(template, mail, reader);
  }

  private async fillIn(
    template: EmailTemplate,
    { id, recipient: to, stateHash, sessionId, locale: asked }: QueuedEmail,
    reader: EmailReader | null,
  ): Promise<Message | undefined> {
    const purpose = linkOf[template];
    let link: string | undefined;
    let code = '';
    if (purpose && reader) {
      const created =
        purpose === 'sign_in'
          ? await this.tokens.createSignInToken(reader.id, to)
          : { token: await this.tokens.createToken(purpose, reader.id, to, stateHash, sessionId), code };
      if (created?.token === undefined) return undefined;
      link = linkTo(purpose, created.token, this.config);
      code = created.code;
    }
    // The user's own choice comes before the language of the request.
    const locale = storedLocale(reader?.locale ?? null) ?? storedLocale(asked) ?? locales[0];
    const words = emailWords[locale]({ site: this.site, minutes: purpose ? linkMinutes[purpose] : 0, code })[template];
    const { subject } = words;
    return { id, to, locale, subject, text: renderText(words, link), html: renderHtml(words, link, locale) };
  }

  private userOf(email: string): Promise<EmailReader | null> {
    return this.users.findEmailReader({ email });
  }

  private async userWith(id: string | null): Promise<EmailReader | null> {
    return id === null ? null : this.users.findEmailReader({ id });
  }
}
