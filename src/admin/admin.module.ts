import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import { EmailsModule } from '../emails/emails.module.js';
import { FactorsModule } from '../factors/factors.module.js';
import { MailModule } from '../mail/mail.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { AuditController } from './audit.controller.js';
import { ClientAdministration } from './client-administration.js';
import { ClientsController } from './clients.controller.js';
import { FactorReset } from './factor-reset.js';
import { FirstAdmin } from './first-admin.js';
import { OutboxController } from './outbox.controller.js';
import { RolesController } from './roles.controller.js';
import { UserAdministration } from './user-administration.js';
import { UserCreation } from './user-creation.js';
import { UserSessionsController } from './user-sessions.controller.js';
import { UsersController } from './users.controller.js';

@Module({
  imports: [
    AuditModule,
    ClientsModule,
    EmailsModule,
    FactorsModule,
    MailModule,
    PasswordsModule,
    SessionsModule,
    UsersModule,
  ],
  controllers: [
    AuditController,
    ClientsController,
    OutboxController,
    RolesController,
    UsersController,
    UserSessionsController,
  ],
  providers: [ClientAdministration, FactorReset, FirstAdmin, UserAdministration, UserCreation],
})
export class AdminModule {}
