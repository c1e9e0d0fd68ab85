import type { ClientJwks } from './client-jwks.js';

/** How a client authenticates at /oauth/* (RFC 7591 section 2, `token_endpoint_auth_method`). */
export const authMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;
export type AuthMethod = (typeof authMethods)[number];

/** The grants that a client can be registered for (RFC 6749 sections 4.4 and 6); oauth/grants/ implements them. */
export const grantTypes = ['refresh_token', 'client_credentials'] as const;
export type GrantType = (typeof grantTypes)[number];

/** An OAuth client (RFC 6749 section 2): an application whose users sign in here, or a service that acts for itself. */
export interface Client {
  id: string;
  name: string;
  authMethod: AuthMethod;
  grantTypes: readonly GrantType[];
  /** The role of the tokens that it gets for itself. */
  role: string;
  /** The scopes that it may ask for, separated by spaces; empty for none. */
  scope: string;
  jwks: ClientJwks | null;
}

export const builtInClientId = 'pawl';

/** Pawl's own client, first-party and public. A sign-in without `client_id` starts a session of it. It has no row. */
export const builtInClient: Client = Object.freeze({
  id: builtInClientId,
  name: 'Pawl',
  authMethod: 'none',
  grantTypes: Object.freeze(['refresh_token'] as const),
  role: 'user',
  scope: '',
  jwks: null,
});

/** RFC 6749 section 2.1: a confidential client can keep a secret, or a private key. */
export function isConfidential({ authMethod }: Pick<Client, 'authMethod'>): boolean {
  return authMethod !== 'none';
}

export function hasSecret({ authMethod }: Pick<Client, 'authMethod'>): boolean {
  return authMethod === 'client_secret_basic' || authMethod === 'client_secret_post';
}
