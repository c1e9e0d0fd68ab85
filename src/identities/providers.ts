import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { ProviderConfig } from '../config/providers.js';
import { githubProfile } from './github-profile.js';
import type { IdentityProvider } from './identity-provider.js';
import { naverProfile } from './naver-profile.js';
import { OAuthProvider } from './oauth-provider.js';
import { OpenIdProvider } from './openid-provider.js';

/** The providers of the settings. None is asked anything before the first user needs it. */
@Injectable()
export class Providers {
  private readonly byId: ReadonlyMap<string, IdentityProvider>;

  constructor(@Inject(CONFIG) { providers }: Config, clock: Clock) {
    this.byId = new Map(providers.map((config) => [config.id, toProvider(config, clock)]));
  }

  list(): ProviderConfig[] {
    return [...this.byId.values()].map(({ config }) => config);
  }

  /** Throws `not_found`. */
  get(id: string): IdentityProvider {
    const provider = this.byId.get(id);
    if (!provider) throw new ApiError('not_found', 'no such provider');
    return provider;
  }

  /** Whether it is among the settings. */
  has(id: string): boolean {
    return this.byId.has(id);
  }

  /** What people call it; its id if it is no longer among the settings. */
  nameOf(id: string): string {
    return this.byId.get(id)?.config.name ?? id;
  }
}

function toProvider(config: ProviderConfig, clock: Clock): IdentityProvider {
  switch (config.protocol) {
    case 'oidc':
      return new OpenIdProvider(config, clock);
    case 'github':
      return new OAuthProvider(config, githubProfile, clock);
    case 'naver':
      return new OAuthProvider(config, naverProfile, clock);
  }
}
