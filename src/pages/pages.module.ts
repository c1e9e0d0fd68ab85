import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { AccountPagesController } from './account-pages.controller.js';
import { DevMailController } from './dev-mail.controller.js';

/** The few pages that people see of Pawl itself: none, once there is a frontend and a mail server. */
@Module({})
export class PagesModule {
  static forRoot({ frontendUrl, mail }: Config): DynamicModule {
    return {
      module: PagesModule,
      controllers: [
        ...(frontendUrl === undefined ? [AccountPagesController] : []),
        ...(mail.folder === undefined ? [] : [DevMailController]),
      ],
    };
  }
}
