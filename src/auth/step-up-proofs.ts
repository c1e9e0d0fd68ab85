import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Prisma } from '../database/generated/client.js';
import { Challenges } from '../factors/challenges.js';
import { PasskeyChallenges } from '../factors/passkey-challenges.js';
import { SecondFactors } from '../factors/second-factors.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import type { AuthenticationMethod } from '../tokens/authentication.js';
import type { Credentials } from '../users/users.service.js';
import { FactorProofs } from './factor-proofs.js';
import type { StepUpRequest } from './step-up.js';
import type { StepUpBody } from './step-up.schema.js';

/** What confirms a sign-in. */
export interface StepUpProof {
  methods: readonly AuthenticationMethod[];
  /** Uses it up. Throws if it was used before. */
  spend: (db: Prisma.TransactionClient) => Promise<void>;
}

/** Checks what a signed-in user confirms the sign-in with. */
@Injectable()
export class StepUpProofs {
  constructor(
    private readonly passwords: PasswordHasher,
    private readonly factorProofs: FactorProofs,
    private readonly factors: SecondFactors,
    private readonly challenges: Challenges,
    private readonly passkeyChallenges: PasskeyChallenges,
    private readonly audit: AuditLog,
  ) {}

  /** Counts a wrong response with `failed`, audits it, and throws. */
  check(
    body: StepUpBody,
    user: Credentials,
    request: StepUpRequest,
    failed: () => Promise<number>,
  ): Promise<StepUpProof> {
    return 'password' in body
      ? this.checkPassword(body.password, user, request, failed)
      : this.checkFactor(body, user, request, failed);
  }

  /** Part of the transaction that confirms the sign-in. */
  record(
    { user: { userId, sessionId }, client: { ip } }: StepUpRequest,
    methods: readonly AuthenticationMethod[],
    db: Prisma.TransactionClient,
  ): Promise<void> {
    const event = { event: 'user.stepped_up', actorUserId: userId, subjectUserId: userId, sessionId, ip } as const;
    return this.audit.record({ ...event, details: { methods: methods.join(' ') } }, db);
  }

  private async checkPassword(
    password: string,
    user: Credentials,
    { client: { ip }, signal }: StepUpRequest,
    failed: () => Promise<number>,
  ): Promise<StepUpProof> {
    const { matches } = await this.passwords.verify(user.passwordHash, password, { address: ip, signal });
    if (!matches) {
      await failed();
      this.audit.record({ event: 'user.password_refused', actorUserId: user.id, subjectUserId: user.id, ip });
      throw new ApiError('password_incorrect');
    }
    if (user.secondFactor) await this.askForFactor(user.id);
    return { methods: ['pwd'], spend: () => Promise.resolve() };
  }

  /** A fresh sign-in of an account with a second factor is one with that factor. */
  private async askForFactor(userId: string): Promise<never> {
    const factors = (await this.factors.kindsOf(userId)).filter((kind) => kind !== 'recovery_code');
    const { challenge, options } = await this.passkeyChallenges.openForStepUp(userId);
    throw new ApiError('second_factor_required', 'a step-up with a password alone', {
      members: { factors, challenge, ...(options && { passkey_options: options }) },
    });
  }

  private async checkFactor(
    body: Exclude<StepUpBody, { password: string }>,
    user: Credentials,
    { client }: StepUpRequest,
    failed: () => Promise<number>,
  ): Promise<StepUpProof> {
    const challenge = 'challenge' in body ? body.challenge : '';
    if ('challenge' in body && !(await this.challenges.hasPasskey(challenge))) throw new ApiError('challenge_expired');
    const proven = await this.factorProofs.check(user, body, challenge, client);
    const refuse = async () => {
      await failed();
      const about = {
        event: 'user.sign_in_failed',
        subjectUserId: user.id,
        actorUserId: user.id,
        ip: client.ip,
      } as const;
      this.audit.record({ ...about, details: { code: 'factor_invalid' } });
      throw new ApiError('factor_invalid');
    };
    if (!proven) return refuse();
    const spend = async (db: Prisma.TransactionClient) => {
      if (challenge !== '' && !(await this.challenges.take(challenge, 'passkey', db))) {
        throw new ApiError('challenge_expired');
      }
      if (!(await proven.spend(db))) await refuse();
    };
    return { methods: proven.methods, spend };
  }
}
