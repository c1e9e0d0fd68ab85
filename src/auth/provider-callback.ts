import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { ProvenIdentity } from '../identities/identity-provider.js';
import type { ProviderFlow } from '../identities/provider-flow.js';
import { ProviderFlows } from '../identities/provider-flow.js';
import { ProviderSignIns } from '../identities/provider-sign-ins.js';
import { Providers } from '../identities/providers.js';
import { AddressLimits } from '../limits/address-limits.js';
import { quotaExceeded } from '../limits/quota.js';
import { equalBytes } from '../secrets/bytes.js';
import { ProviderFlowStart } from './provider-flow-start.js';

/** Receives browsers that come back from a provider. */
@Injectable()
export class ProviderCallback {
  constructor(
    private readonly providers: Providers,
    private readonly flows: ProviderFlows,
    private readonly signIns: ProviderSignIns,
    private readonly limits: AddressLimits,
    private readonly starts: ProviderFlowStart,
  ) {}

  /** The flow that the browser has begun; undefined if it has none with this provider, or not with this state. */
  findFlow(providerId: string, state: string | null, cookie: string | undefined): ProviderFlow | undefined {
    const flow = this.flows.open(cookie);
    const isItsOwn = flow?.providerId === providerId && state !== null && equalTexts(flow.state, state);
    return isItsOwn ? flow : undefined;
  }

  /**
   * Redeems the code, once. Counts against a limit of the address only here, where the state is right: a page of another site
   * cannot get this far. Throws `provider_flow_expired`, `rate_limited` or what the provider does.
   */
  async redeem(flow: ProviderFlow, search: string, ip: string): Promise<ProvenIdentity> {
    const use = await this.limits.use('providers', ip);
    if (use?.refused) throw quotaExceeded(use);
    if (!(await this.signIns.claimState(flow.state))) {
      throw new ApiError('provider_flow_expired', 'the state has come back before');
    }
    // From our own settings, never from the Host header.
    const callback = new URL(this.starts.redirectUri(flow.providerId) + search);
    return this.providers.get(flow.providerId).redeem(callback, flow);
  }

  /** The one-time code for the holder of the verifier of the challenge. */
  issueCode({ state }: ProviderFlow, codeChallenge: string, identity: ProvenIdentity): Promise<string> {
    return this.signIns.issueCode(state, codeChallenge, identity);
  }
}

function equalTexts(a: string, b: string): boolean {
  return equalBytes(Buffer.from(a), Buffer.from(b));
}
