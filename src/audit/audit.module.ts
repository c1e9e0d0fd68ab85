import { Module } from '@nestjs/common';
import { AuditLog } from './audit-log.js';
import { AuditTrail } from './audit-trail.js';
import { EventRows } from './event-rows.js';
import { AuditBatches } from './seals/batches.js';
import { AuditSealer } from './seals/sealer.js';

@Module({
  providers: [AuditBatches, AuditLog, EventRows, AuditSealer, AuditTrail],
  exports: [AuditLog, AuditTrail],
})
export class AuditModule {}
