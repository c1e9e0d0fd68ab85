import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccessGuard } from './access.guard.js';
import { TokenAnswers } from './answers.js';
import { ActivityController } from './activity.controller.js';
import { AuthController } from './auth.controller.js';
import { SessionCookies } from './cookies.js';
import { CsrfGuard } from './csrf.guard.js';
import { KnownDevices } from './known-devices.js';
import { Login } from './login.js';
import { Logout } from './logout.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { Refresh } from './refresh.js';
import { Registration } from './registration.js';
import { RolesGuard } from './roles.guard.js';
import { SessionsController } from './sessions.controller.js';

@Module({
  imports: [AuditModule, ClientsModule, LimitsModule, PasswordsModule, SessionsModule, TokensModule, UsersModule],
  controllers: [ActivityController, AuthController, SessionsController],
  providers: [
    AccessTokenStrategy,
    KnownDevices,
    Login,
    Logout,
    Refresh,
    Registration,
    SessionCookies,
    TokenAnswers,
    // Global guards, in this order: no feature has to ask for them.
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_GUARD, useClass: CsrfGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
  ],
})
export class AuthModule {}
