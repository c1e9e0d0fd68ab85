import { Module } from '@nestjs/common';
import { KeysModule } from '../keys/keys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from '../mail/mail.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { Gauges } from './gauges.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { OperatorAccess } from './operator-access.js';
import { Readiness } from './readiness.js';
import { StatusController } from './status.controller.js';

@Module({
  imports: [KeysModule, LimitsModule, MailModule, PasswordsModule],
  controllers: [HealthController, MetricsController, StatusController],
  providers: [Gauges, OperatorAccess, Readiness],
})
export class HealthModule {}
