import { importPKCS8, SignJWT } from 'jose';
import type { ClientAuth } from 'openid-client';
import { ClientSecretBasic, ClientSecretPost } from 'openid-client';
import type { Clock } from '../common/clock.js';
import type { ProviderConfig, TokenEndpointAuthMethod } from '../config/providers.js';

type AsyncClientAuth = (...parameters: Parameters<ClientAuth>) => Promise<void>;

/** Longer than any clocks differ, and short, because each request signs its own. */
const appleSecretSeconds = 5 * 60;

/** How Pawl authenticates as a client of the provider. */
export function clientAuthenticationOf(
  { clientId, clientSecret, tokenEndpointAuthMethod, apple }: ProviderConfig,
  clock: Clock,
): ClientAuth {
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- openid-client waits for it, though its type does not say so
  if (apple) return appleAuthentication(clientId, apple, clock);
  const basic = ClientSecretBasic(clientSecret);
  const post = ClientSecretPost(clientSecret);
  return (server, client, body, headers) => {
    const method = tokenEndpointAuthMethod ?? methodOf(server.token_endpoint_auth_methods_supported);
    const authenticate = method === 'client_secret_basic' ? basic : post;
    authenticate(server, client, body, headers);
  };
}

/** OpenID Connect Discovery section 3: client_secret_basic if the metadata do not say. */
function methodOf(supported: readonly string[] = ['client_secret_basic']): TokenEndpointAuthMethod {
  return supported.includes('client_secret_basic') ? 'client_secret_basic' : 'client_secret_post';
}

/** https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret */
function appleAuthentication(
  clientId: string,
  { teamId, keyId, privateKey }: NonNullable<ProviderConfig['apple']>,
  clock: Clock,
): AsyncClientAuth {
  return async (server, client, body, headers) => {
    const issuedAt = Math.floor(clock.databaseMs() / 1000);
    const secret = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .setIssuer(teamId)
      .setSubject(clientId)
      .setAudience(server.issuer)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + appleSecretSeconds)
      .sign(await importPKCS8(privateKey, 'ES256'));
    ClientSecretPost(secret)(server, client, body, headers);
  };
}
