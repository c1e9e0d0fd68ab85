import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Metrics } from '../metrics/metrics.js';
import { CommonPasswords } from './common-passwords.js';
import { NewPasswordHash } from './new-password-hash.js';
import { NewPasswords } from './new-passwords.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordStrength } from './password-strength.js';

@Module({
  providers: [
    {
      provide: PasswordHasher,
      inject: [CONFIG, Metrics],
      useFactory: (config: Config, metrics: Metrics) =>
        PasswordHasher.create(config.passwords, {
          started: (waitedSeconds) => metrics.passwordQueueSeconds.observe(waitedSeconds),
          refused: () => metrics.passwordQueueRefusals.inc(),
        }),
    },
    {
      provide: CommonPasswords,
      inject: [CONFIG],
      useFactory: (config: Config) => CommonPasswords.load(config.passwords.listFile),
    },
    PasswordStrength,
    NewPasswordHash,
    NewPasswords,
  ],
  exports: [NewPasswordHash, NewPasswords, PasswordHasher],
})
export class PasswordsModule {}
