import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import { EmailsModule } from '../emails/emails.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { Login } from './login.js';
import { Logout } from './logout.js';
import { NewAccounts } from './new-accounts.js';
import { Refresh } from './refresh.js';
import { Registration } from './registration.js';
import { SessionController } from './session.controller.js';
import { SignInController } from './sign-in.controller.js';
import { SignIn } from './sign-in.js';
import { SignInClient } from './sign-in-client.js';
import { SignInNotices } from './sign-in-notices.js';

@Module({
  imports: [
    AccessModule,
    AuditModule,
    ClientsModule,
    EmailsModule,
    LimitsModule,
    PasswordsModule,
    SessionsModule,
    TokensModule,
    UsersModule,
  ],
  controllers: [SignInController, SessionController],
  providers: [Login, Logout, NewAccounts, Refresh, Registration, SignIn, SignInClient, SignInNotices],
})
export class AuthModule {}
