import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditLog } from '../audit/audit-log.js';
import type { Client } from '../clients/client.js';
import { isConfidential } from '../clients/client.js';
import { secretMatches } from '../clients/client-secret.js';
import { ClientsService } from '../clients/clients.service.js';
import { clientAddress } from '../common/client-address.js';
import { AddressLimits } from '../limits/address-limits.js';
import { quotaExceeded } from '../limits/quota.js';
import type { ClaimedClient } from './claimed-client.js';
import { claimedClientOf } from './claimed-client.js';
import type { ClientProof } from './client-assertions.js';
import { ClientAssertions } from './client-assertions.js';
import { OAuthError } from './errors.js';
import type { ClientFields } from './oauth.schema.js';

/** Authenticates the client of a request to /oauth/* (RFC 6749 section 2.3) by the method it is registered for. */
@Injectable()
export class ClientAuthentication {
  constructor(
    private readonly clients: ClientsService,
    private readonly assertions: ClientAssertions,
    private readonly audit: AuditLog,
    private readonly limits: AddressLimits,
  ) {}

  /** Throws `invalid_client`, after the same work for an unknown client as for a wrong secret. Cookies are ignored. */
  async authenticate(request: FastifyRequest, fields: ClientFields): Promise<Client> {
    const claimed = await this.claimedBy(request, fields);
    const found = await this.clients.findWithSecrets(claimed.clientId);
    const proof = await this.prove(claimed, found);
    if (found?.client.authMethod === claimed.method && proof.isProven) return found.client;
    throw await this.refusal(claimed, found?.client, clientAddress(request), proof);
  }

  /** As `authenticate`, but refuses public clients: anybody can claim to be one. */
  async authenticateConfidential(request: FastifyRequest, fields: ClientFields): Promise<Client> {
    const client = await this.authenticate(request, fields);
    if (!isConfidential(client)) {
      throw new OAuthError('invalid_client', 'This is for confidential clients.', `client ${client.id} is public`);
    }
    return client;
  }

  /** Counts a request that names no client, or none that can be read, like one whose client is not proven. */
  private async claimedBy(request: FastifyRequest, fields: ClientFields): Promise<ClaimedClient> {
    try {
      return claimedClientOf(request.raw.headersDistinct.authorization ?? [], fields);
    } catch (error) {
      if (error instanceof OAuthError && error.code === 'invalid_client')
        await this.countFailure(clientAddress(request));
      throw error;
    }
  }

  private async prove(
    claimed: ClaimedClient,
    found: { client: Client; secretHashes: Uint8Array[] } | undefined,
  ): Promise<ClientProof> {
    switch (claimed.method) {
      case 'client_secret_basic':
      case 'client_secret_post':
        return { isProven: secretMatches(claimed.secret, found?.secretHashes ?? []) };
      case 'private_key_jwt':
        return found ? this.assertions.prove(claimed.assertion, found.client) : { isProven: false };
      case 'none':
        return { isProven: found !== undefined };
    }
  }

  /** Past the limit of the address, no event is recorded, so that nobody can fill the audit trail. */
  private async refusal(
    { method }: ClaimedClient,
    client: Client | undefined,
    ip: string,
    { detail: reason }: ClientProof,
  ): Promise<Error> {
    await this.countFailure(ip);
    this.audit.record({ event: 'client.refused', subjectClientId: client?.id, ip, details: { method } });
    const who = client ? `client ${client.id} by ${method}` : `an unknown client by ${method}`;
    const detail = reason === undefined ? who : `${who}: ${reason}`;
    return new OAuthError('invalid_client', 'The client could not be authenticated.', detail);
  }

  /** Throws `rate_limited` past the limit of the address. */
  private async countFailure(ip: string): Promise<void> {
    const use = await this.limits.use('client-failures', ip);
    if (use?.refused) throw quotaExceeded(use);
  }
}
