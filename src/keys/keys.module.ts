import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { KeyRing } from './derived-keys.js';
import { JwksController } from './jwks.controller.js';
import { KeyCatchUp } from './key-catch-up.js';
import { KeyRotation } from './key-rotation.js';
import { SigningKeyStore } from './signing-key-store.js';
import { SigningKeys } from './signing-keys.js';

@Module({
  imports: [AuditModule],
  controllers: [JwksController],
  providers: [
    { provide: KeyRing, useFactory: (config: Config) => new KeyRing(config.authSecrets), inject: [CONFIG] },
    KeyCatchUp,
    KeyRotation,
    SigningKeys,
    SigningKeyStore,
  ],
  exports: [KeyCatchUp, KeyRing, SigningKeys],
})
export class KeysModule {}
