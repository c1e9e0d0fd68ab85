import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { KeyRing } from './key-ring.js';

/** Provides the keys derived from AUTH_SECRET to every module. */
@Module({})
export class SecretsModule {
  static forRoot(authSecrets: readonly string[]): DynamicModule {
    return {
      module: SecretsModule,
      global: true,
      providers: [{ provide: KeyRing, useValue: new KeyRing(authSecrets) }],
      exports: [KeyRing],
    };
  }
}
