import { jwtVerify } from 'jose';
import type { Configuration } from 'openid-client';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  clockSkew,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
} from 'openid-client';
import type { Clock } from '../common/clock.js';
import type { ProviderConfig } from '../config/providers.js';
import { CachedDiscovery } from './cached-discovery.js';
import type { Claims } from './claims.js';
import { identityOf } from './claims.js';
import { clientAuthenticationOf } from './client-authentication.js';
import type { IdentityProvider, ProvenIdentity, UpstreamFlow } from './identity-provider.js';
import { tokensOf } from './provider-tokens.js';
import { atProvider } from './upstream-errors.js';
import { UpstreamError, upstreamFetchFor, upstreamTimeoutMs } from './upstream-fetch.js';

type TokenResponse = Awaited<ReturnType<typeof authorizationCodeGrant>>;

/** Libraries tolerate more than that between two clocks. */
const steppedSeconds = 10;

/** An OpenID Connect provider. Its metadata and keys are fetched when the first user needs them, and kept for an hour. */
export class OpenIdProvider implements IdentityProvider {
  private discovered: { configuration: CachedDiscovery<Configuration>; clockSkewSeconds: number } | undefined;

  constructor(
    readonly config: ProviderConfig,
    private readonly clock: Clock,
    private readonly fetchFor = upstreamFetchFor,
  ) {}

  authorizationUrl({ state, nonce, codeVerifier }: UpstreamFlow, redirectUri: string): Promise<URL> {
    return atProvider(this.config.id, async () =>
      buildAuthorizationUrl(await this.configuration(), {
        redirect_uri: redirectUri,
        scope: this.config.scopes.join(' '),
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(this.config.responseMode && { response_mode: this.config.responseMode }),
      }),
    );
  }

  redeem(callback: URL, { state, nonce, codeVerifier }: UpstreamFlow): Promise<ProvenIdentity> {
    return atProvider(this.config.id, async () => {
      const configuration = await this.configuration();
      // Checks state, the issuer of the response (RFC 9207), and iss, aud, azp, exp, nonce and signature of the ID token.
      const checks = {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      };
      const response = await authorizationCodeGrant(configuration, callback, checks).catch((error: unknown) => {
        // The provider may have replaced its keys since they were fetched.
        if (isUnknownKey(error)) this.discovered?.configuration.discard();
        throw error;
      });
      const idToken = response.claims();
      if (!idToken) throw new UpstreamError('there is no ID token');
      if (this.config.mayUseHs256) await this.assertSignedWithSecret(response, configuration);
      const claims = await this.withUserInfo(idToken, response, configuration);
      const identity = identityOf({ issuer: idToken.iss, subject: idToken.sub }, claims, this.config);
      return this.config.keepTokens ? { ...identity, tokens: tokensOf(response, this.clock) } : identity;
    });
  }

  /** A configuration keeps the skew of its discovery: after a step of the machine's clock it takes another. */
  private configuration(): Promise<Configuration> {
    const clockSkewSeconds = this.clock.machineBehindSeconds();
    if (!this.discovered || Math.abs(clockSkewSeconds - this.discovered.clockSkewSeconds) > steppedSeconds) {
      const configuration = new CachedDiscovery(() => this.discover(clockSkewSeconds), this.clock);
      this.discovered = { configuration, clockSkewSeconds };
    }
    return this.discovered.configuration.get();
  }

  private async discover(clockSkewSeconds: number): Promise<Configuration> {
    const { issuer, clientId, mayUseHs256 } = this.config;
    const fetchUpstream = this.fetchFor(issuer);
    const execute = [
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the settings accept http on loopback outside production only
      ...(issuer.startsWith('http:') ? [allowInsecureRequests] : []),
      // Its own check of HS256 follows: openid-client verifies asymmetric signatures only.
      ...(mayUseHs256 ? [] : [enableNonRepudiationChecks]),
    ];
    return discovery(
      new URL(issuer),
      clientId,
      { [clockSkew]: clockSkewSeconds, ...(mayUseHs256 && { id_token_signed_response_alg: 'HS256' }) },
      clientAuthenticationOf(this.config, this.clock),
      {
        execute,
        timeout: upstreamTimeoutMs / 1000,
        [customFetch]: (url, options) => fetchUpstream(url, options),
      },
    );
  }

  private async assertSignedWithSecret(
    { id_token: idToken = '' }: TokenResponse,
    configuration: Configuration,
  ): Promise<void> {
    const { clientSecret = '', clientId } = this.config;
    const { issuer } = configuration.serverMetadata();
    const currentDate = new Date(this.clock.databaseMs());
    const rules = { algorithms: ['HS256'], issuer, audience: clientId, clockTolerance: 30, currentDate };
    await jwtVerify(idToken, new TextEncoder().encode(clientSecret), rules);
  }

  /** The UserInfo endpoint may know what the ID token does not say. What the token says goes before. */
  private async withUserInfo(
    idToken: Claims & { sub: string },
    { access_token: accessToken }: TokenResponse,
    configuration: Configuration,
  ): Promise<Claims> {
    const { asksUserInfo, scopes } = this.config;
    const wantsEmail = scopes.some((scope) => scope === 'email' || scope === 'account_email');
    const isComplete = idToken.email !== undefined || !wantsEmail;
    if (!asksUserInfo || isComplete || !configuration.serverMetadata().userinfo_endpoint) return idToken;
    const info: Claims = await fetchUserInfo(configuration, accessToken, idToken.sub);
    // `email_verified` of the ID token does not speak of the address that only UserInfo has (OpenID Connect Core section 5.1).
    return { ...info, ...idToken, email: info.email, email_verified: info.email_verified };
  }
}

/** Whether no published key is the one that has signed the ID token. */
function isUnknownKey(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'OAUTH_KEY_SELECTION_FAILED') return true;
  }
  return false;
}
