import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditLog } from '../audit/audit-log.js';
import { builtInClientId, hasSecret, isConfidential } from '../clients/client.js';
import { secretMatches } from '../clients/client-secret.js';
import { ClientsService } from '../clients/clients.service.js';
import { includesScope, isScope } from '../clients/scope.js';
import { clientAddress } from '../common/client-address.js';
import { ApiError } from '../common/errors.js';
import { AddressLimits } from '../limits/address-limits.js';
import { quotaExceeded } from '../limits/quota.js';
import type { LoginBody } from './auth.schema.js';

/** What every way to sign in says about the client. */
export type SignInBody = Pick<LoginBody, 'client_id' | 'delivery' | 'scope'>;

/** Decides, before any other work, whether the client that a sign-in names may have a session of a user, and of what scope. */
@Injectable()
export class SignInClient {
  constructor(
    private readonly clients: ClientsService,
    private readonly limits: AddressLimits,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Returns the body with the scope that is granted. Throws `validation_failed` if the client is unknown, or confidential
   * and not proven by its secret, or if it may not have the scope. A public client is what its id says, as anybody can say.
   * Throws `rate_limited` if clients failed to authenticate from this address too often.
   */
  async grantScope<Body extends SignInBody>(body: Body, request: FastifyRequest): Promise<Body> {
    if (body.client_id === builtInClientId) {
      if (body.scope !== undefined) refuse('scope', 'must be left out for the built-in client');
      return body;
    }
    const found = await this.clients.findWithSecrets(body.client_id);
    // The same work for an unknown client as for a wrong secret.
    const isProven = secretMatches(secretOf(request, body.client_id), found?.secretHashes ?? []);
    const client = found?.client;
    if (!client || (isConfidential(client) && !(hasSecret(client) && isProven))) {
      await this.countFailure(request, client?.id);
      return refuse('client_id', 'must be a public client, or authenticated by its secret (Authorization: Basic)');
    }
    if (!client.grantTypes.includes('refresh_token')) {
      return refuse('client_id', 'must be a registered client with the refresh_token grant');
    }
    // Cookies are refreshed at /auth/refresh, which serves the built-in client only.
    if (body.delivery === 'cookie') return refuse('delivery', 'must be body for a registered client');
    const scope = body.scope ?? client.scope;
    if (!isScope(scope) || (scope !== '' && !includesScope(client.scope, scope))) {
      return refuse('scope', 'must be within the scope that the client is registered for');
    }
    return { ...body, scope };
  }

  /** Together with failures at /oauth/*. Past the limit of the address, no event is recorded. */
  private async countFailure(request: FastifyRequest, clientId: string | undefined): Promise<void> {
    const ip = clientAddress(request);
    const use = await this.limits.use('client-failures', ip);
    if (use?.refused) throw quotaExceeded(use);
    const method = request.headers.authorization === undefined ? 'none' : 'client_secret_basic';
    this.audit.record({ event: 'client.refused', subjectClientId: clientId, ip, details: { method } });
  }
}

/** The secret of client_secret_basic (RFC 6749 section 2.3.1). Ids and secrets of ours contain nothing that needs encoding. */
function secretOf({ headers }: FastifyRequest, clientId: string): string {
  const [, encoded = ''] = /^Basic +([\w+/=-]{1,400})$/i.exec(headers.authorization ?? '') ?? [];
  const text = Buffer.from(encoded, 'base64').toString();
  return text.startsWith(`${clientId}:`) ? text.slice(clientId.length + 1) : '';
}

function refuse(path: 'client_id' | 'delivery' | 'scope', message: string): never {
  throw new ApiError('validation_failed', message, { fieldErrors: [{ path, message }] });
}
