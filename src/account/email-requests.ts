import { Injectable } from '@nestjs/common';
import type { Locale } from '../common/locale.js';
import { EmailOutbox } from '../emails/email-outbox.js';

/**
 * Requests for an email to an address that anybody may name. They do the same work for every address: only the sender asks
 * whether a user has it. Each throws `mail_not_configured`.
 */
@Injectable()
export class EmailRequests {
  constructor(private readonly outbox: EmailOutbox) {}

  async requestVerification(email: string, locale: Locale): Promise<void> {
    this.outbox.assertCanSend();
    await this.outbox.enqueueEmail({ template: 'verify_email', recipient: email, locale });
  }

  async requestPasswordReset(email: string, locale: Locale): Promise<void> {
    this.outbox.assertCanSend();
    await this.outbox.enqueueEmail({ template: 'reset_password', recipient: email, locale });
  }
}
