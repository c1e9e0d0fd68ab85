import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { AccountPagesController } from './account-pages.controller.js';
import { DevMailController, showsEmails } from './dev-mail.controller.js';
import { HomeController } from './home.controller.js';
import { SignInExpiredController } from './sign-in-expired.controller.js';

/** The pages of Pawl itself. Those for users are gone once FRONTEND_URL and a mail server are set. */
@Module({})
export class PagesModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: PagesModule,
      controllers: [
        HomeController,
        ...(config.providers.length > 0 ? [SignInExpiredController] : []),
        ...(config.frontendUrl === undefined ? [AccountPagesController] : []),
        ...(showsEmails(config) ? [DevMailController] : []),
      ],
    };
  }
}
