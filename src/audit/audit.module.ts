import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { AuditLog } from './audit-log.js';
import { AuditRows } from './audit-rows.js';
import { AuditTrail } from './audit-trail.js';
import { AuditBatches } from './seals/audit-batches.js';
import { AuditKeys } from './seals/audit-keys.js';
import { AuditSealer } from './seals/audit-sealer.js';

@Module({
  providers: [
    { provide: AuditKeys, useFactory: (config: Config) => new AuditKeys(config.authSecrets), inject: [CONFIG] },
    AuditBatches,
    AuditLog,
    AuditRows,
    AuditSealer,
    AuditTrail,
  ],
  exports: [AuditLog, AuditTrail],
})
export class AuditModule {}
