import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { AdminPagesController } from './admin-pages.controller.js';
import { DevMailController, showsEmails } from './dev-mail.controller.js';
import { HomeController } from './home.controller.js';
import { SignInExpiredController } from './sign-in-expired.controller.js';
import { WebPagesController } from './web-pages.controller.js';
import { WebPages } from './web-pages.js';

/** The pages of Pawl itself. Those for users are gone with PAGES=off, which is the default once FRONTEND_URL is set. */
@Module({})
export class PagesModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: PagesModule,
      providers: config.pages === 'off' ? [] : [WebPages],
      controllers: [
        HomeController,
        ...(config.providers.length > 0 ? [SignInExpiredController] : []),
        ...(config.pages === 'off' ? [] : [WebPagesController]),
        ...(config.pages === 'on' ? [AdminPagesController] : []),
        ...(showsEmails(config) ? [DevMailController] : []),
      ],
    };
  }
}
