import { Injectable } from '@nestjs/common';
import { ProviderCookie } from '../access/provider-cookie.js';
import type { ClientInfo } from '../common/client-info.js';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import { ProviderSignIns } from '../identities/provider-sign-ins.js';
import type { StartedSession } from '../sessions/sessions.service.js';
import { ProviderMetrics } from './provider-metrics.js';
import { ProviderSignIn } from './provider-sign-in.js';
import type { ExchangeBody } from './providers.schema.js';
import type { HttpExchange } from './sign-in-responses.js';

/** Signs in with the one-time code that a browser has brought back from a provider. */
@Injectable()
export class ProviderExchange {
  constructor(
    private readonly signIns: ProviderSignIns,
    private readonly completion: ProviderSignIn,
    private readonly cookie: ProviderCookie,
    private readonly metrics: ProviderMetrics,
  ) {}

  /** Throws `exchange_code_invalid`, or what ProviderSignIn does. */
  async signIn(
    { code, verifier, client_id: clientId, scope, delivery }: ExchangeBody,
    { client, locale }: { client: ClientInfo; locale: Locale },
    { request, reply }: HttpExchange,
  ): Promise<StartedSession> {
    const fromCookie = verifier === undefined ? this.cookie.read(request, code) : undefined;
    if (fromCookie !== undefined) this.cookie.clear(reply, code);
    const identity = await this.signIns.takeCode(code, verifier ?? fromCookie ?? '');
    if (!identity) throw new ApiError('exchange_code_invalid');
    const start = { clientId, scope, delivery, client, locale };
    return this.metrics.count(identity.providerId, true, () => this.completion.complete(identity, start));
  }
}
