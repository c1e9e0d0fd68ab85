import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EmailsModule } from '../emails/emails.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { Ratchet } from './ratchet.js';
import { RefreshTokenInspection } from './refresh-token-inspection.js';
import { ReuseResponse } from './reuse-response.js';
import { RevocationLog } from './revocation-log.js';
import { Revocations } from './revocations.js';
import { Revoker } from './revoker.js';
import { SessionAssurance } from './session-assurance.js';
import { SessionCleanup } from './session-cleanup.js';
import { SessionLimits } from './session-limits.js';
import { SessionRenewal } from './session-renewal.js';
import { SessionRows } from './session-rows.js';
import { Sessions } from './sessions.service.js';
import { SignInHistory } from './sign-in-history.js';
import { UserRemoval } from './user-removal.js';

@Module({
  imports: [AuditModule, EmailsModule, TokensModule, UsersModule],
  providers: [
    Ratchet,
    RefreshTokenInspection,
    RevocationLog,
    Revocations,
    ReuseResponse,
    Revoker,
    SessionAssurance,
    SessionCleanup,
    SessionLimits,
    SessionRenewal,
    SessionRows,
    Sessions,
    SignInHistory,
    UserRemoval,
  ],
  exports: [
    Ratchet,
    RefreshTokenInspection,
    RevocationLog,
    Revocations,
    Revoker,
    SessionAssurance,
    SessionLimits,
    SessionRenewal,
    Sessions,
    SignInHistory,
    UserRemoval,
  ],
})
export class SessionsModule {}
