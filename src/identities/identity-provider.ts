import type { ProviderConfig } from '../config/providers.js';

/** What only our side and the browser know of a sign-in at a provider. */
export interface UpstreamFlow {
  /** RFC 6749 section 10.12. */
  state: string;
  /** OpenID Connect Core section 15.5.2. */
  nonce: string;
  /** RFC 7636. */
  codeVerifier: string;
}

/** What a provider says about the person who signed in there. */
export interface ProvenIdentity {
  providerId: string;
  /** With `subject` the key of the account: an address may pass to somebody else. */
  issuer: string;
  subject: string;
  /** As the provider spells it; undefined if it shared none. */
  email?: string;
  /** The provider vouches that the person reads this mailbox. */
  emailVerified: boolean;
  name?: string;
  /** The provider has asked for a second factor, and is trusted with that. */
  mfa: boolean;
  /** The roles in the claim that PROVIDER_<ID>_ROLE_CLAIM names; undefined if roles are not mapped. */
  roles?: readonly string[];
  /** Only if they are to be kept. */
  tokens?: ProviderTokens;
}

export interface ProviderTokens {
  accessToken: string;
  refreshToken?: string;
  /** ISO 8601. */
  accessTokenExpiresAt?: string;
}

/** Another service that knows its users. */
export interface IdentityProvider {
  readonly config: ProviderConfig;
  /** Where the browser goes. Throws ApiError `provider_unavailable` if the provider cannot be asked. */
  authorizationUrl(flow: UpstreamFlow, redirectUri: string): Promise<URL>;
  /**
   * Redeems the code in the URL that the browser came back to. Throws ApiError: `provider_denied` if the person declined,
   * `provider_unavailable` if the provider cannot be asked, `provider_invalid` if what it says does not hold.
   */
  redeem(callback: URL, flow: UpstreamFlow): Promise<ProvenIdentity>;
}
