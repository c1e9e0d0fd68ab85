import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { isLoopbackHost } from '../common/loopback.js';
import type { Config } from '../config/config.js';
import { AccountPagesController } from './account-pages.controller.js';
import { DevMailController } from './dev-mail.controller.js';

/** Where mails are files, and the service is nobody's but this machine's: a proxy may not say for whom it asks. */
export function showsMails({ mail, publicUrl }: Config): boolean {
  return mail.folder !== undefined && isLoopbackHost(new URL(publicUrl).host);
}

/** The few pages that people see of Pawl itself: none, once there is a frontend and a mail server. */
@Module({})
export class PagesModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: PagesModule,
      controllers: [
        ...(config.frontendUrl === undefined ? [AccountPagesController] : []),
        ...(showsMails(config) ? [DevMailController] : []),
      ],
    };
  }
}
