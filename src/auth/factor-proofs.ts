import { Injectable, Logger } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import type { ClientInfo } from '../common/client-info.js';
import { locales } from '../common/locale.js';
import type { Prisma } from '../database/generated/client.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { Passkeys } from '../factors/passkeys.js';
import { fewRecoveryCodes, RecoveryCodes } from '../factors/recovery-codes.js';
import type { FactorKind } from '../factors/second-factors.js';
import { TotpSecrets } from '../factors/totp-secrets.js';
import type { PasskeyResponse, ProvenPasskey } from '../factors/web-authn.js';
import { RefusedPasskey, WebAuthn } from '../factors/web-authn.js';
import type { AuthenticationMethod } from '../tokens/authentication.js';

/** How a user responds to a challenge for a second factor. */
export type FactorResponse = { code: string } | { recovery_code: string } | { passkey: PasskeyResponse };

/** Whose factor it is. */
export interface FactorOwner {
  id: string;
  email: string;
  emailVerified: boolean;
}

/** A response that was right when it was checked. */
export interface FactorProof {
  /** The `amr` values that it adds to those of the first factor. */
  methods: AuthenticationMethod[];
  /** Uses it up. Returns false if that happened before: of several requests with one proof, on any instance, one gets true. */
  spend: (db: Prisma.TransactionClient) => Promise<boolean>;
}

export function kindOf(response: FactorResponse): FactorKind {
  if ('passkey' in response) return 'passkey';
  return 'code' in response ? 'totp' : 'recovery_code';
}

/** Checks what users respond to a challenge for a second factor. */
@Injectable()
export class FactorProofs {
  private readonly logger = new Logger('Factors');

  constructor(
    private readonly totp: TotpSecrets,
    private readonly passkeys: Passkeys,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly webAuthn: WebAuthn,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  /** Returns undefined if the response is wrong. `challenge` is what a passkey has signed. */
  async check(
    owner: FactorOwner,
    response: FactorResponse,
    challenge: string,
    client: ClientInfo,
  ): Promise<FactorProof | undefined> {
    if ('code' in response) {
      const right = await this.totp.checkCode(owner.id, response.code);
      return right && { methods: ['otp', 'mfa'], spend: (db) => this.totp.useCode(right, db) };
    }
    if ('recovery_code' in response) {
      return {
        methods: ['otp', 'mfa'],
        spend: (db) => this.useRecoveryCode(owner, response.recovery_code, client, db),
      };
    }
    const proven = await this.checkPasskey(response.passkey, challenge, { userVerification: false });
    if (proven?.passkey.userId !== owner.id) return undefined;
    return { methods: [...methodsOf(proven), 'mfa'], spend: (db) => this.usePasskey(proven, client, db) };
  }

  /** Returns undefined if the passkey is unknown or its response is wrong. */
  async checkPasskey(
    response: PasskeyResponse,
    challenge: string,
    { userVerification }: { userVerification: boolean },
  ): Promise<ProvenPasskey | undefined> {
    const passkey = await this.passkeys.findByCredential(Buffer.from(response.id, 'base64url'));
    if (!passkey) return undefined;
    try {
      return await this.webAuthn.verifyResponse(response, challenge, passkey, userVerification);
    } catch (error) {
      if (!(error instanceof RefusedPasskey)) throw error;
      this.logger.log({ msg: 'A response of a passkey was refused', passkey: passkey.id, detail: error.message });
      return undefined;
    }
  }

  /** As `FactorProof.spend`. A counter that has not gone up is audited: somebody may have copied the passkey. */
  async usePasskey(
    { passkey, signCount }: ProvenPasskey,
    { ip }: ClientInfo,
    db: Prisma.TransactionClient,
  ): Promise<boolean> {
    if (await this.passkeys.use(passkey.id, signCount, db)) return true;
    this.audit.record({
      event: 'factor.passkey_copied',
      subjectUserId: passkey.userId,
      ip,
      details: { factor_id: passkey.id },
    });
    return false;
  }

  private async useRecoveryCode(
    owner: FactorOwner,
    code: string,
    { ip }: ClientInfo,
    db: Prisma.TransactionClient,
  ): Promise<boolean> {
    const left = await this.recoveryCodes.use(owner.id, code, db);
    if (left === undefined) return false;
    const template = left <= fewRecoveryCodes ? 'recovery_codes_low' : 'recovery_code_used';
    await this.outbox.enqueueNotice(template, owner, locales[0], db);
    const event = { event: 'factor.recovery_code_used', actorUserId: owner.id, subjectUserId: owner.id, ip } as const;
    await this.audit.record({ ...event, details: { left } }, db);
    return true;
  }
}

/** `user` says that the authenticator verified its user; `swk` that the key is in a cloud and not in one device. */
export function methodsOf({ passkey, userVerified }: ProvenPasskey): AuthenticationMethod[] {
  return [passkey.synced ? 'swk' : 'hwk', ...(userVerified ? (['user'] as const) : [])];
}
