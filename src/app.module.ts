import type { DynamicModule, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AccessModule } from './access/access.module.js';
import { AccountModule } from './account/account.module.js';
import { AdminModule } from './admin/admin.module.js';
import { AuthModule } from './auth/auth.module.js';
import type { Clock } from './common/clock.js';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { requestPipe } from './http/pipes.js';
import { ProblemFilter } from './http/problem-filter.js';
import { KeysModule } from './keys/keys.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { NotesModule } from './notes/notes.module.js';
import { OAuthModule } from './oauth/oauth.module.js';
import { PagesModule } from './pages/pages.module.js';
import { SecretsModule } from './secrets/secrets.module.js';

/** Lists the features. */
@Module({})
export class AppModule {
  static forRoot(config: Config, clock: Clock, controllers: Type[] = []): DynamicModule {
    return {
      module: AppModule,
      controllers,
      imports: [
        ConfigModule.forRoot(config, clock),
        SecretsModule.forRoot(config.authSecrets),
        MetricsModule,
        DatabaseModule.forRoot(config),
        KeysModule,
        AccessModule,
        AuthModule,
        AccountModule,
        AdminModule,
        NotesModule,
        OAuthModule.forRoot(config),
        PagesModule.forRoot(config),
        HealthModule,
      ],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useValue: requestPipe },
      ],
    };
  }
}
