import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { LimitsModule } from '../limits/limits.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessGuard } from './access.guard.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccountLimitGuard } from './account-limit.guard.js';
import { CookieNames } from './cookie-names.js';
import { SessionCookies } from './cookies.js';
import { CsrfGuard } from './csrf.guard.js';
import { EnrolmentGuard } from './enrolment.guard.js';
import { HighestLevelGuard } from './highest-level.guard.js';
import { KnownDevices } from './known-devices.js';
import { PassportGuard } from './passport.guard.js';
import { ProviderCookie } from './provider-cookie.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RecentSignInGuard } from './recent-sign-in.guard.js';
import { RequestTokens } from './request-tokens.js';
import { RolesGuard } from './roles.guard.js';
import { ScopeGuard } from './scope.guard.js';
import { TokenResponses } from './token-responses.js';

@Module({
  imports: [LimitsModule, SessionsModule, TokensModule, UsersModule],
  providers: [
    AccessTokenStrategy,
    CookieNames,
    KnownDevices,
    PassportGuard,
    ProviderCookie,
    RequestTokens,
    SessionCookies,
    TokenResponses,
    // Global guards, in this order: no feature imports a guard.
    { provide: APP_GUARD, useClass: CsrfGuard },
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
    { provide: APP_GUARD, useClass: ScopeGuard },
    { provide: APP_GUARD, useClass: EnrolmentGuard },
    { provide: APP_GUARD, useClass: RecentSignInGuard },
    { provide: APP_GUARD, useClass: HighestLevelGuard },
    { provide: APP_GUARD, useClass: AccountLimitGuard },
  ],
  exports: [KnownDevices, ProviderCookie, RequestTokens, SessionCookies, TokenResponses],
})
export class AccessModule {}
