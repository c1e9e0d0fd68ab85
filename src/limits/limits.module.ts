import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountLimits } from './account-limits.js';
import { AddressLimits } from './address-limits.js';
import { DeviceTokens } from './device-tokens.js';
import { Limiters } from './limiters.js';
import { SignInAttempts } from './sign-in-attempts.js';

@Module({
  imports: [AuditModule, UsersModule],
  providers: [AccountLimits, AddressLimits, DeviceTokens, Limiters, SignInAttempts],
  exports: [AccountLimits, AddressLimits, DeviceTokens, Limiters, SignInAttempts],
})
export class LimitsModule {}
