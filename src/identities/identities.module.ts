import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { Identities } from './identities.service.js';
import { ProviderFlows } from './provider-flow.js';
import { ProviderSignIns } from './provider-sign-ins.js';
import { Providers } from './providers.js';
import { UnprovenIdentities } from './unproven-identities.js';

/** Other providers, and the accounts of users there. */
@Module({
  imports: [AuditModule],
  providers: [Identities, ProviderFlows, ProviderSignIns, Providers, UnprovenIdentities],
  exports: [Identities, ProviderFlows, ProviderSignIns, Providers, UnprovenIdentities],
})
export class IdentitiesModule {}
