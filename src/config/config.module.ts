import type { DynamicModule } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Config } from './config.js';

/** Injection token of the frozen Config: `@Inject(CONFIG) private readonly config: Config`. */
export const CONFIG = Symbol('Config');

/** Provides the configuration and the clock to every feature. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: Config, clock: Clock): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: Clock, useValue: clock },
      ],
      exports: [CONFIG, Clock],
    };
  }
}
