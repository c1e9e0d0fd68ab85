import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { KeyCatchUp } from './key-catch-up.js';
import { KeyRotation } from './key-rotation.js';
import { SigningKeyStore } from './signing-key-store.js';
import { SigningKeys } from './signing-keys.js';

@Module({
  imports: [AuditModule],
  providers: [KeyCatchUp, KeyRotation, SigningKeys, SigningKeyStore],
  exports: [KeyCatchUp, SigningKeys],
})
export class KeysModule {}
