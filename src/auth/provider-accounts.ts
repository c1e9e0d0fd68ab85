import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { Identities } from '../identities/identities.service.js';
import type { ProvenIdentity } from '../identities/identity-provider.js';
import { judgeIdentity } from '../identities/linking.js';
import { noPassword } from '../passwords/stored-password.js';
import { EmailAddress } from '../users/email.js';
import { UsersService } from '../users/users.service.js';

/** Where a sign-in with a provider comes from. */
export interface ProviderCaller {
  ip: string;
  locale: Locale;
}

/** Another request has linked the identity, or has registered or changed the account, since it was read: judge again. */
class LostRace extends Error {}
const maxAttempts = 3;

/** Finds the account that an identity opens, or joins it to one, or creates one. */
@Injectable()
export class ProviderAccounts {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly identities: Identities,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Returns the id of the user. Throws ApiError for every refusal of `judgeIdentity`. Stores no tokens of the provider: the sign-in
   * may still need a second factor.
   */
  async resolve(proven: ProvenIdentity, caller: ProviderCaller): Promise<string> {
    const identity = { ...proven, tokens: undefined };
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      try {
        return await this.judgeAndAct(identity, caller);
      } catch (error) {
        if (!(error instanceof LostRace)) throw error;
      }
    }
    throw new ApiError('overloaded', 'lost the race for an account three times', { retryAfterSeconds: 1 });
  }

  private async judgeAndAct(identity: ProvenIdentity, caller: ProviderCaller): Promise<string> {
    const owner = await this.identities.findOwner(identity);
    if (owner !== undefined) return owner;
    const email = EmailAddress.safeParse(identity.email).data;
    const local = email === undefined ? null : await this.users.findCredentialsByEmail(email);
    const verdict = judgeIdentity({
      isLinked: false,
      hasEmail: email !== undefined,
      emailVerified: identity.emailVerified,
      local: local ?? undefined,
      registrationOpen: this.config.registrationOpen,
    });
    if (verdict === 'join') return this.join(local!.id, email!, identity, caller);
    if (verdict === 'create') return this.create(email!, identity, caller);
    if (verdict === 'sign_in') throw new LostRace();
    const { ip } = caller;
    const details = { code: verdict, provider: identity.providerId };
    this.audit.record({ event: 'user.sign_in_failed', subjectUserId: local?.id, ip, details });
    throw new ApiError(verdict, `identity of ${identity.providerId}`);
  }

  private join(
    userId: string,
    email: string,
    identity: ProvenIdentity,
    { ip, locale }: ProviderCaller,
  ): Promise<string> {
    return this.db.$transaction(async (tx) => {
      if (!(await this.users.lockIfProven(userId, email, tx))) throw new LostRace();
      if (!(await this.identities.link(userId, identity, tx))) throw new LostRace();
      await this.outbox.enqueueNotice('identity_linked', { id: userId, email, emailVerified: true }, locale, tx);
      const details = { provider: identity.providerId, by: 'address' };
      await this.audit.record(
        { event: 'identity.linked', actorUserId: userId, subjectUserId: userId, ip, details },
        tx,
      );
      return userId;
    });
  }

  private create(email: string, identity: ProvenIdentity, { ip, locale }: ProviderCaller): Promise<string> {
    const { emailVerified, name, providerId: provider } = identity;
    return this.db.$transaction(async (tx) => {
      const user = { email, name, role: 'user', passwordHash: noPassword, emailVerified };
      const created = await this.users.createUnlessTaken(user, tx);
      if (!created) throw new LostRace();
      if (!(await this.identities.link(created.id, identity, tx))) throw new LostRace();
      if (!emailVerified) await this.outbox.enqueueEmail({ template: 'verify_email', recipient: email, locale }, tx);
      const { id: userId } = created;
      const details = { provider };
      await this.audit.record(
        { event: 'user.registered', actorUserId: userId, subjectUserId: userId, ip, details },
        tx,
      );
      return userId;
    });
  }
}
