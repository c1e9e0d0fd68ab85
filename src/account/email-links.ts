import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import { linkPurposes } from '../emails/email-templates.js';
import { OneTimeTokens } from '../emails/one-time-tokens.js';
import type { EmailLinkView } from './email-link.schema.js';

/** Says what the link of an email does, to pages that show it before their reader presses a button. */
@Injectable()
export class EmailLinks {
  constructor(private readonly tokens: OneTimeTokens) {}

  /**
   * Changes nothing: programs that scan emails open links and run the scripts of their pages. The address is the one that the
   * email was sent to, so the reader of the email knows it. It is not the present address of an account that asked for a new
   * one. Throws `one_time_token_invalid`.
   */
  async describe(token: string, signedInUserId: string | undefined): Promise<EmailLinkView> {
    const found = await this.tokens.findKept(token, ...linkPurposes);
    if (!found) throw new ApiError('one_time_token_invalid');
    return {
      purpose: found.purpose,
      email: found.sentTo,
      used: found.used,
      own_account: found.userId === signedInUserId,
    };
  }
}
