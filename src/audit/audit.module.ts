import { Module } from '@nestjs/common';
import { AuditLog } from './audit-log.js';
import { AuditRows } from './audit-rows.js';
import { AuditTrail } from './audit-trail.js';

@Module({ providers: [AuditLog, AuditRows, AuditTrail], exports: [AuditLog, AuditTrail] })
export class AuditModule {}
