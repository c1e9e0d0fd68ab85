import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { EmailsModule } from '../emails/emails.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { Account } from './account.js';
import { ActivityController } from './activity.controller.js';
import { EmailController } from './email.controller.js';
import { EmailAddresses } from './email-addresses.js';
import { MeController } from './me.controller.js';
import { PasswordController } from './password.controller.js';
import { PasswordChange } from './password-change.js';
import { PasswordProof } from './password-proof.js';
import { PasswordReset } from './password-reset.js';
import { PersonalDataExport } from './personal-data-export.js';
import { SessionsController } from './sessions.controller.js';

@Module({
  imports: [AccessModule, AuditModule, EmailsModule, LimitsModule, PasswordsModule, SessionsModule, UsersModule],
  controllers: [ActivityController, EmailController, MeController, PasswordController, SessionsController],
  providers: [Account, EmailAddresses, PasswordChange, PasswordProof, PasswordReset, PersonalDataExport],
})
export class AccountModule {}
