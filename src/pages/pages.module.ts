import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { isLoopbackHost } from '../common/loopback.js';
import type { Config } from '../config/config.js';
import { AccountPagesController } from './account-pages.controller.js';
import { DevMailController } from './dev-mail.controller.js';

/** Whether `/dev/mail` exists: emails are files, and PUBLIC_URL is local. Behind a public name, a proxy could hide the caller. */
export function showsEmails({ mail, publicUrl }: Config): boolean {
  return mail.folder !== undefined && isLoopbackHost(new URL(publicUrl).host);
}

/** The pages of Pawl itself. There are none once FRONTEND_URL and a mail server are set. */
@Module({})
export class PagesModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: PagesModule,
      controllers: [
        ...(config.frontendUrl === undefined ? [AccountPagesController] : []),
        ...(showsEmails(config) ? [DevMailController] : []),
      ],
    };
  }
}
