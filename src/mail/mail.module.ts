import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { FolderTransport } from './folder-transport.js';
import { MailOutbox } from './mail-outbox.js';
import { MAIL_TRANSPORT, MailSender } from './mail-sender.js';
import type { MailTransport } from './mail-transport.js';
import { SmtpTransport } from './smtp-transport.js';

@Module({
  providers: [
    MailOutbox,
    MailSender,
    {
      provide: MAIL_TRANSPORT,
      inject: [CONFIG],
      useFactory: ({ mail: { smtpUrl, folder, from } }: Config): MailTransport | null => {
        if (smtpUrl !== undefined) return new SmtpTransport(smtpUrl, from);
        return folder === undefined ? null : new FolderTransport(folder, from);
      },
    },
  ],
  exports: [MailOutbox, MailSender],
})
export class MailModule {}
