import { Inject, Injectable } from '@nestjs/common';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { ProviderFlows } from '../identities/provider-flow.js';
import { Providers } from '../identities/providers.js';
import { ProviderMetrics } from './provider-metrics.js';
import { ReturnTargets } from './return-targets.js';

/** What a frontend asks for when it sends a browser to a provider. */
export interface FlowRequest {
  return_to?: string;
  code_challenge?: string;
}

/** A browser on its way to a provider. */
export interface BegunFlow {
  returnTo: string;
  state: string;
  /** The value of the cookie that binds the flow to the browser. */
  sealedFlow: string;
  url: () => Promise<URL>;
}

/** Begins sign-ins with other providers. Nothing is stored: the browser keeps the flow, sealed. */
@Injectable()
export class ProviderFlowStart {
  constructor(
    private readonly providers: Providers,
    private readonly flows: ProviderFlows,
    private readonly targets: ReturnTargets,
    private readonly metrics: ProviderMetrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The redirect URI that is registered at the provider. */
  redirectUri(providerId: string): string {
    return `${this.config.publicUrl}/auth/providers/${providerId}/callback`;
  }

  /** Throws `not_found` or `validation_failed`. `url` throws `provider_unavailable`. */
  begin(providerId: string, { return_to, code_challenge: codeChallenge }: FlowRequest): BegunFlow {
    const provider = this.providers.get(providerId);
    const returnTo = this.targets.parse(return_to);
    const upstream = { state: randomState(), nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
    return {
      returnTo,
      state: upstream.state,
      sealedFlow: this.flows.seal({ ...upstream, providerId, returnTo, codeChallenge }),
      url: () => provider.authorizationUrl(upstream, this.redirectUri(providerId)),
    };
  }

  /** The URL of the provider, or why the browser cannot go there. A failure is counted. */
  async orError(providerId: string, url: BegunFlow['url']): Promise<URL | ApiError> {
    try {
      return await this.metrics.count(providerId, false, url);
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }
}
