import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProviderCookie } from '../access/provider-cookie.js';
import { builtInClientId } from '../clients/client.js';
import type { ClientInfo } from '../common/client-info.js';
import type { ErrorCode } from '../common/errors.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import type { ProvenIdentity } from '../identities/identity-provider.js';
import type { ProviderFlow } from '../identities/provider-flow.js';
import { challengeOf, codeTtlSeconds } from '../identities/provider-sign-ins.js';
import { ProviderCallback } from './provider-callback.js';
import { ProviderMetrics } from './provider-metrics.js';
import { ProviderSignIn } from './provider-sign-in.js';
import { withParameters } from './return-targets.js';
import { SignInResponses } from './sign-in-responses.js';

/** A browser that comes back from a provider. */
export interface ReturningBrowser {
  request: FastifyRequest;
  reply: FastifyReply;
  client: ClientInfo;
  locale: Locale;
}

/** Completes a sign-in with a provider, and says where the browser goes next. No token is ever in a URL. */
@Injectable()
export class ProviderReturn {
  private readonly logger = new Logger('Providers');

  constructor(
    private readonly callback: ProviderCallback,
    private readonly signIn: ProviderSignIn,
    private readonly responses: SignInResponses,
    private readonly cookie: ProviderCookie,
    private readonly metrics: ProviderMetrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Returns the URL: `return_to` with nothing, a one-time code or the code of an error, or our own page about an error. */
  async complete(providerId: string, browser: ReturningBrowser): Promise<string> {
    const { request, reply } = browser;
    const search = new URL(request.url, this.config.publicUrl).search;
    const state = new URLSearchParams(search).get('state');
    const flow = this.callback.findFlow(providerId, state, this.cookie.read(request, state ?? ''));
    if (!flow) return `${this.config.publicUrl}/account/sign-in-expired`;
    this.cookie.clear(reply, flow.state);
    try {
      return await this.metrics.count(providerId, flow.codeChallenge === undefined, async () => {
        const identity = await this.callback.redeem(flow, search, browser.client.ip);
        return this.continueWith(identity, flow, browser);
      });
    } catch (error) {
      return withParameters(flow.returnTo, { error: this.codeOf(error) });
    }
  }

  private async continueWith(identity: ProvenIdentity, flow: ProviderFlow, browser: ReturningBrowser): Promise<string> {
    if (flow.codeChallenge !== undefined) {
      return withParameters(flow.returnTo, {
        code: await this.callback.issueCode(flow, flow.codeChallenge, identity),
      });
    }
    try {
      const { request, reply, client, locale } = browser;
      const start = { clientId: builtInClientId, scope: undefined, delivery: 'cookie' as const, client, locale };
      await this.responses.respond(await this.signIn.complete(identity, start), 'cookie', request, reply);
      return flow.returnTo;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'second_factor_required') throw error;
      return this.askForSecondFactor(identity, flow, browser);
    }
  }

  /** The page asks for the challenge with a one-time code, because a challenge in a URL would be a secret in a log. */
  private async askForSecondFactor(
    identity: ProvenIdentity,
    flow: ProviderFlow,
    { request, reply }: ReturningBrowser,
  ): Promise<string> {
    const verifier = randomBytes(32).toString('base64url');
    const code = await this.callback.issueCode(flow, challengeOf(verifier), identity);
    this.cookie.write({ request, reply }, code, { value: verifier, maxAgeSeconds: codeTtlSeconds });
    return withParameters(flow.returnTo, { error: 'second_factor_required', code });
  }

  private codeOf(error: unknown): ErrorCode {
    if (error instanceof ApiError) {
      this.logger.log({ msg: 'A sign-in with a provider was refused', code: error.code, detail: error.privateDetail });
      return error.code;
    }
    if (isDatabaseUnavailable(error)) return 'database_unavailable';
    this.logger.error({ msg: 'A sign-in with a provider failed', err: error });
    return 'internal_error';
  }
}
