import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { Challenges } from './challenges.js';
import { PasskeyChallenges } from './passkey-challenges.js';
import { Passkeys } from './passkeys.js';
import { RecoveryCodes } from './recovery-codes.js';
import { SecondFactors } from './second-factors.js';
import { TotpResealing } from './totp-resealing.js';
import { TotpSecrets } from './totp-secrets.js';
import { UnprovenPasskeys } from './unproven-passkeys.js';
import { WebAuthn } from './web-authn.js';

const providers = [
  Challenges,
  PasskeyChallenges,
  Passkeys,
  RecoveryCodes,
  SecondFactors,
  TotpSecrets,
  UnprovenPasskeys,
  WebAuthn,
];

/** Second factors, and the challenges that ask for them. */
@Module({ imports: [AuditModule, UsersModule], providers: [...providers, TotpResealing], exports: providers })
export class FactorsModule {}
