import type { Type } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Client, GrantType } from '../../clients/client.js';
import { OAuthError } from '../errors.js';
import { ClientCredentialsGrant } from './client-credentials.js';
import type { Grant } from './grant.js';
import { RefreshTokenGrant } from './refresh-token.js';

/**
 * Every grant of POST /oauth/token. A new one is a name in clients/client.ts, a file in this folder and a line here. RFC 9700
 * section 2.4 forbids the password grant.
 */
const grants = {
  refresh_token: RefreshTokenGrant,
  client_credentials: ClientCredentialsGrant,
} satisfies Record<GrantType, Type<Grant>>;

export const grantClasses: readonly Type<Grant>[] = Object.values(grants);

/** RFC 8414 section 2, `grant_types_supported`. */
export const supportedGrantTypes = Object.keys(grants);

/** Finds the grant of a token request, and decides whether the client may use it. */
@Injectable()
export class GrantRegistry {
  constructor(private readonly moduleRef: ModuleRef) {}

  /** Throws `unsupported_grant_type` if there is no such grant. */
  parseType(grantType: string): GrantType {
    if (isSupported(grantType)) return grantType;
    throw new OAuthError('unsupported_grant_type', `The grant types are ${supportedGrantTypes.join(' and ')}.`);
  }

  /** Throws `unauthorized_client` if the client is not registered for the grant. */
  grantFor(client: Client, grantType: GrantType): Grant {
    if (client.grantTypes.includes(grantType)) return this.moduleRef.get<Grant>(grants[grantType]);
    throw new OAuthError('unauthorized_client', 'The client is not registered for this grant.', `client ${client.id}`);
  }
}

function isSupported(grantType: string): grantType is GrantType {
  return Object.hasOwn(grants, grantType);
}
