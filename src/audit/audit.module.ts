import { Module } from '@nestjs/common';
import { AuditLog } from './audit-log.js';
import { AuditRows } from './audit-rows.js';

@Module({ providers: [AuditLog, AuditRows], exports: [AuditLog] })
export class AuditModule {}
