import { z } from 'zod';
import { authMethods } from '../clients/client.js';
import { assertionAlgorithms } from '../clients/client-jwks.js';
import { supportedGrantTypes } from './grants/registry.js';

const names = z.array(z.string());

/** RFC 8414 section 2. */
export const ServerMetadata = z
  .object({
    issuer: z.string().meta({ description: 'PUBLIC_URL, and the `iss` of every token.' }),
    token_endpoint: z.string(),
    revocation_endpoint: z.string(),
    introspection_endpoint: z.string(),
    jwks_uri: z.string(),
    response_types_supported: names.meta({ description: 'Empty: there is no authorization endpoint.' }),
    grant_types_supported: names,
    token_endpoint_auth_methods_supported: names,
    token_endpoint_auth_signing_alg_values_supported: names,
    revocation_endpoint_auth_methods_supported: names,
    revocation_endpoint_auth_signing_alg_values_supported: names,
    introspection_endpoint_auth_methods_supported: names,
    introspection_endpoint_auth_signing_alg_values_supported: names,
  })
  .meta({ id: 'ServerMetadata', example: metadataOf('https://auth.example.com') });
export type ServerMetadata = z.infer<typeof ServerMetadata>;

export function metadataOf(issuer: string) {
  const algorithms = [...assertionAlgorithms];
  const methods = [...authMethods];
  return {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: [],
    // Without it, a client would assume authorization_code and implicit.
    grant_types_supported: [...supportedGrantTypes],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: algorithms,
    introspection_endpoint_auth_methods_supported: methods.filter((method) => method !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: algorithms,
  };
}
