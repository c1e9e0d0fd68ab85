import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from '../mail/mail.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccessGuard } from './access.guard.js';
import { Account } from './account.js';
import { ActivityController } from './activity.controller.js';
import { TokenAnswers } from './answers.js';
import { AuthController } from './auth.controller.js';
import { SessionCookies } from './cookies.js';
import { CsrfGuard } from './csrf.guard.js';
import { EmailAddresses } from './email-addresses.js';
import { EmailController } from './email.controller.js';
import { KnownDevices } from './known-devices.js';
import { Login } from './login.js';
import { Logout } from './logout.js';
import { MeController } from './me.controller.js';
import { PasswordChange } from './password-change.js';
import { PasswordProof } from './password-proof.js';
import { PasswordReset } from './password-reset.js';
import { PasswordController } from './password.controller.js';
import { PersonalDataExport } from './personal-data-export.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { Refresh } from './refresh.js';
import { Registration } from './registration.js';
import { RolesGuard } from './roles.guard.js';
import { SessionsController } from './sessions.controller.js';

@Module({
  imports: [
    AuditModule,
    ClientsModule,
    LimitsModule,
    MailModule,
    PasswordsModule,
    SessionsModule,
    TokensModule,
    UsersModule,
  ],
  controllers: [
    ActivityController,
    AuthController,
    EmailController,
    MeController,
    PasswordController,
    SessionsController,
  ],
  providers: [
    AccessTokenStrategy,
    Account,
    EmailAddresses,
    KnownDevices,
    Login,
    Logout,
    PasswordChange,
    PasswordProof,
    PasswordReset,
    PersonalDataExport,
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
