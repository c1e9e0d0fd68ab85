import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { ClientsModule } from '../clients/clients.module.js';
import { EmailsModule } from '../emails/emails.module.js';
import { FactorsModule } from '../factors/factors.module.js';
import { IdentitiesModule } from '../identities/identities.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountDeletionController } from './account-deletion.controller.js';
import { AccountDeletion } from './account-deletion.js';
import { ActivityController } from './activity.controller.js';
import { ConnectedIdentities } from './connected-identities.js';
import { EmailController } from './email.controller.js';
import { EmailChange } from './email-change.js';
import { EmailConfirmation } from './email-confirmation.js';
import { EmailLinkController } from './email-link.controller.js';
import { EmailLinks } from './email-links.js';
import { EmailRequests } from './email-requests.js';
import { ExportController } from './export.controller.js';
import { ExportedRecords } from './exported-records.js';
import { FactorChanges } from './factor-changes.js';
import { FactorEnrolmentController } from './factor-enrolment.controller.js';
import { FactorNotice } from './factor-notice.js';
import { FactorsController } from './factors.controller.js';
import { Factors } from './factors.js';
import { IdentitiesController } from './identities.controller.js';
import { IdentityNotice } from './identity-notice.js';
import { PasskeyEnrolment } from './passkey-enrolment.js';
import { PasswordController } from './password.controller.js';
import { PasswordChange } from './password-change.js';
import { PasswordChangedNotice } from './password-changed-notice.js';
import { PasswordConfirmation } from './password-confirmation.js';
import { PasswordReplacement } from './password-replacement.js';
import { PasswordReset } from './password-reset.js';
import { PersonalDataExport } from './personal-data-export.js';
import { ProfileController } from './profile.controller.js';
import { Profile } from './profile.js';
import { SessionStatusController } from './session-status.controller.js';
import { SessionStatus } from './session-status.js';
import { SessionsController } from './sessions.controller.js';
import { TotpEnrolment } from './totp-enrolment.js';
import { WaysIn } from './ways-in.js';

@Module({
  imports: [
    AccessModule,
    AuditModule,
    ClientsModule,
    IdentitiesModule,
    LimitsModule,
    EmailsModule,
    FactorsModule,
    PasswordsModule,
    SessionsModule,
    TokensModule,
    UsersModule,
  ],
  controllers: [
    AccountDeletionController,
    ActivityController,
    EmailController,
    EmailLinkController,
    ExportController,
    FactorEnrolmentController,
    FactorsController,
    IdentitiesController,
    PasswordController,
    ProfileController,
    SessionStatusController,
    SessionsController,
  ],
  providers: [
    AccountDeletion,
    ConnectedIdentities,
    EmailChange,
    EmailConfirmation,
    EmailLinks,
    EmailRequests,
    ExportedRecords,
    FactorChanges,
    FactorNotice,
    Factors,
    IdentityNotice,
    PasskeyEnrolment,
    PasswordChange,
    PasswordChangedNotice,
    PasswordConfirmation,
    PasswordReplacement,
    PasswordReset,
    PersonalDataExport,
    Profile,
    SessionStatus,
    TotpEnrolment,
    WaysIn,
  ],
})
export class AccountModule {}
