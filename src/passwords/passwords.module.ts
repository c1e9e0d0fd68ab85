import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PasswordHasher } from './password-hasher.js';

@Module({
  providers: [
    {
      provide: PasswordHasher,
      inject: [CONFIG],
      useFactory: (config: Config) => PasswordHasher.create(config.passwords),
    },
  ],
  exports: [PasswordHasher],
})
export class PasswordsModule {}
