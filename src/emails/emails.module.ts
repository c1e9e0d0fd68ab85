import type { OnModuleInit } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { MailModule } from '../mail/mail.module.js';
import { MailSender } from '../mail/mail-sender.js';
import { UsersModule } from '../users/users.module.js';
import { EmailComposer } from './email-composer.js';
import { EmailOutbox } from './email-outbox.js';
import { OneTimeTokens } from './one-time-tokens.js';
import { SignInCodes } from './sign-in-codes.js';

/** Templates and one-time tokens. Composes emails for the sender, which knows no template. */
@Module({
  imports: [MailModule, UsersModule],
  providers: [EmailComposer, EmailOutbox, OneTimeTokens, SignInCodes],
  exports: [EmailOutbox, OneTimeTokens, SignInCodes],
})
export class EmailsModule implements OnModuleInit {
  constructor(
    private readonly sender: MailSender,
    private readonly composer: EmailComposer,
  ) {}

  onModuleInit(): void {
    this.sender.composeWith((email) => this.composer.compose(email));
  }
}
