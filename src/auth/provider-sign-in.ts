import { Injectable } from '@nestjs/common';
import type { ClientInfo } from '../common/client-info.js';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { ProvenIdentity } from '../identities/identity-provider.js';
import type { StartedSession } from '../sessions/sessions.service.js';
import { UsersService } from '../users/users.service.js';
import { ProviderAccounts } from './provider-accounts.js';
import { SignIn } from './sign-in.js';

/** What the session of a sign-in with a provider is for. */
export interface ProviderSessionStart {
  clientId: string;
  scope: string | undefined;
  delivery: 'body' | 'cookie';
  client: ClientInfo;
  locale: Locale;
}

/** Signs in the person whom a provider has identified. */
@Injectable()
export class ProviderSignIn {
  constructor(
    private readonly accounts: ProviderAccounts,
    private readonly users: UsersService,
    private readonly signIn: SignIn,
    private readonly clock: Clock,
  ) {}

  /** Throws what ProviderAccounts does, and what every way in does: SignIn decides. */
  async complete(identity: ProvenIdentity, { locale, ...start }: ProviderSessionStart): Promise<StartedSession> {
    const userId = await this.accounts.resolve(identity, { ip: start.client.ip, locale });
    const user = await this.users.findCredentialsById(userId);
    if (!user) throw new ApiError('exchange_code_invalid', 'the user was deleted meanwhile');
    const proof = {
      userId,
      epoch: user.epoch,
      methods: identity.mfa ? (['fed', 'mfa'] as const) : (['fed'] as const),
      authenticatedAt: this.clock.now(),
    };
    const signs = { knownDevice: false, earlierFailures: () => Promise.resolve(0) };
    const signedIn = await this.signIn.complete(proof, { ...user, signs }, { ...start, identity });
    if (!signedIn) throw new ApiError('exchange_code_invalid', 'the user changed meanwhile');
    return signedIn;
  }
}
