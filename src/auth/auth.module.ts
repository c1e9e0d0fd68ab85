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
import { FactorMetrics } from './factor-metrics.js';
import { FactorProofs } from './factor-proofs.js';
import { FactorSignInController } from './factor-sign-in.controller.js';
import { FactorSignIn } from './factor-sign-in.js';
import { LimitedSignIn } from './limited-sign-in.js';
import { LinkController } from './link.controller.js';
import { LinkSignIn } from './link-sign-in.js';
import { Login } from './login.js';
import { Logout } from './logout.js';
import { MailboxProofs } from './mailbox-proofs.js';
import { NewAccounts } from './new-accounts.js';
import { PasskeySignIn } from './passkey-sign-in.js';
import { PasswordVerification } from './password-verification.js';
import { ProviderAccounts } from './provider-accounts.js';
import { ProviderCallback } from './provider-callback.js';
import { ProviderExchangeController } from './provider-exchange.controller.js';
import { ProviderExchange } from './provider-exchange.js';
import { ProviderFlowStart } from './provider-flow-start.js';
import { ProviderMetrics } from './provider-metrics.js';
import { ProviderReturn } from './provider-return.js';
import { ProviderRoles } from './provider-roles.js';
import { ProviderSignIn } from './provider-sign-in.js';
import { ProvidersController } from './providers.controller.js';
import { Refresh } from './refresh.js';
import { Registration } from './registration.js';
import { ReturnTargets } from './return-targets.js';
import { SecondFactorChallenge } from './second-factor-challenge.js';
import { SessionController } from './session.controller.js';
import { SessionOpening } from './session-opening.js';
import { SignInController } from './sign-in.controller.js';
import { SignIn } from './sign-in.js';
import { SignInClient } from './sign-in-client.js';
import { SignInFollowUp } from './sign-in-follow-up.js';
import { SignInNotices } from './sign-in-notices.js';
import { SignInResponses } from './sign-in-responses.js';
import { SignInResults } from './sign-in-results.js';
import { StepUpController } from './step-up.controller.js';
import { StepUp } from './step-up.js';
import { StepUpProofs } from './step-up-proofs.js';

@Module({
  imports: [
    AccessModule,
    AuditModule,
    ClientsModule,
    EmailsModule,
    FactorsModule,
    IdentitiesModule,
    LimitsModule,
    PasswordsModule,
    SessionsModule,
    TokensModule,
    UsersModule,
  ],
  controllers: [
    SignInController,
    FactorSignInController,
    LinkController,
    ProviderExchangeController,
    ProvidersController,
    StepUpController,
    SessionController,
  ],
  providers: [
    FactorMetrics,
    FactorProofs,
    FactorSignIn,
    LimitedSignIn,
    LinkSignIn,
    Login,
    Logout,
    MailboxProofs,
    NewAccounts,
    PasskeySignIn,
    PasswordVerification,
    ProviderAccounts,
    ProviderCallback,
    ProviderExchange,
    ProviderFlowStart,
    ProviderMetrics,
    ProviderReturn,
    ProviderRoles,
    ProviderSignIn,
    Refresh,
    Registration,
    ReturnTargets,
    SecondFactorChallenge,
    SessionOpening,
    SignIn,
    SignInClient,
    SignInFollowUp,
    SignInNotices,
    SignInResponses,
    SignInResults,
    StepUp,
    StepUpProofs,
  ],
})
export class AuthModule {}
