import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { CommonPasswords } from './common-passwords.js';
import { NewPasswords } from './new-passwords.js';
import { PasswordHasher } from './password-hasher.js';

@Module({
  providers: [
    {
      provide: PasswordHasher,
      inject: [CONFIG],
      useFactory: (config: Config) => PasswordHasher.create(config.passwords),
    },
    {
      provide: CommonPasswords,
      inject: [CONFIG],
      useFactory: (config: Config) => CommonPasswords.load(config.passwords.listFile),
    },
    NewPasswords,
  ],
  exports: [NewPasswords, PasswordHasher],
})
export class PasswordsModule {}
