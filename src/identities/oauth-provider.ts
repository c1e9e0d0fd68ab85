import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  Configuration,
  customFetch,
} from 'openid-client';
import type { Clock } from '../common/clock.js';
import type { ProviderConfig } from '../config/providers.js';
import type { Claims } from './claims.js';
import { identityOf } from './claims.js';
import { clientAuthenticationOf } from './client-authentication.js';
import type { IdentityProvider, ProvenIdentity, UpstreamFlow } from './identity-provider.js';
import { tokensOf } from './provider-tokens.js';
import { atProvider } from './upstream-errors.js';
import type { UpstreamFetch } from './upstream-fetch.js';
import { UpstreamError, upstreamFetchFor, upstreamTimeoutMs } from './upstream-fetch.js';

/** What a provider of OAuth 2.0 without OpenID Connect has of its own. */
export interface OAuthProfile {
  /** Paths below the issuer. */
  authorizationPath: string;
  tokenPath: string;
  /** Reads who the access token is of, as claims of OpenID Connect. */
  readClaims(get: (path: string) => Promise<unknown>): Promise<Claims & { sub: string }>;
  /** Where the API is. */
  apiBase(issuer: string): string;
}

/** A provider of OAuth 2.0 that says with an API of its own who has signed in. */
export class OAuthProvider implements IdentityProvider {
  private readonly configuration: Configuration;
  private readonly fetchUpstream: UpstreamFetch;

  constructor(
    readonly config: ProviderConfig,
    private readonly profile: OAuthProfile,
    private readonly clock: Clock,
  ) {
    const issuer = config.issuer.replace(/\/$/, '');
    // Also the host of the API: none of them comes from a document of the provider.
    this.fetchUpstream = upstreamFetchFor(issuer);
    const server = {
      issuer,
      authorization_endpoint: issuer + profile.authorizationPath,
      token_endpoint: issuer + profile.tokenPath,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    };
    this.configuration = new Configuration(server, config.clientId, {}, clientAuthenticationOf(config, clock));
    this.configuration.timeout = upstreamTimeoutMs / 1000;
    this.configuration[customFetch] = (url, options) => this.fetchUpstream(url, options);
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the settings accept http on loopback outside production only
    if (issuer.startsWith('http:')) allowInsecureRequests(this.configuration);
  }

  async authorizationUrl({ state, codeVerifier }: UpstreamFlow, redirectUri: string): Promise<URL> {
    return buildAuthorizationUrl(this.configuration, {
      redirect_uri: redirectUri,
      scope: this.config.scopes.join(' '),
      state,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
  }

  redeem(callback: URL, { state, codeVerifier }: UpstreamFlow): Promise<ProvenIdentity> {
    return atProvider(this.config.id, async () => {
      const checks = { expectedState: state, pkceCodeVerifier: codeVerifier };
      const response = await authorizationCodeGrant(this.configuration, callback, checks);
      const base = this.profile.apiBase(this.configuration.serverMetadata().issuer);
      const claims = await this.profile.readClaims((path) => this.read(base + path, response.access_token));
      const key = { issuer: this.configuration.serverMetadata().issuer, subject: claims.sub };
      const identity = identityOf(key, claims, this.config);
      return this.config.keepTokens ? { ...identity, tokens: tokensOf(response, this.clock) } : identity;
    });
  }

  private async read(url: string, accessToken: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/json', 'user-agent': 'Pawl' };
    const response = await this.fetchUpstream(url, { headers });
    if (response.status !== 200) throw new UpstreamError(`the API responded with ${response.status}`);
    return response.json();
  }
}
