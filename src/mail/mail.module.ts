import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { EmailComposer } from '../emails/email-composer.js';
import { OneTimeTokens } from '../emails/one-time-tokens.js';
import { MAIL_TRANSPORT, MailSender } from './mail-sender.js';
import type { MailTransport } from './mail-transport.js';
import { FolderTransport, SmtpTransport } from './mail-transport.js';
import { Outbox } from './outbox.js';

@Module({
  providers: [
    EmailComposer,
    MailSender,
    OneTimeTokens,
    Outbox,
    {
      provide: MAIL_TRANSPORT,
      inject: [CONFIG],
      useFactory: ({ mail: { smtpUrl, folder, from } }: Config): MailTransport | null => {
        if (smtpUrl !== undefined) return new SmtpTransport(smtpUrl, from);
        return folder === undefined ? null : new FolderTransport(folder, from);
      },
    },
  ],
  exports: [MailSender, OneTimeTokens, Outbox],
})
export class MailModule {}
