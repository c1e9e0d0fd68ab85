/** How a provider is spoken to: OpenID Connect, or OAuth 2.0 with a profile of its own. */
export type ProviderProtocol = 'oidc' | 'github' | 'naver';

/**
 * What `email_verified` of a provider is worth:
 * - `claim`: the provider has checked that the user reads the mailbox, if it says so.
 * - `google`: as Google documents it: only for its own mailboxes and those of a Workspace domain.
 * - `entra`: Microsoft lets the admin of any tenant write any address. Only `xms_edov` vouches for its domain.
 * - `never`: the user types it.
 */
export type EmailTrust = 'claim' | 'google' | 'entra' | 'never';

export interface ProviderPreset {
  name: string;
  protocol: ProviderProtocol;
  /** Undefined: a setting must say it. */
  issuer?: string;
  scopes: readonly string[];
  emailTrust: EmailTrust;
  /** Apple's client secret is a JWT that we sign. */
  signsClientSecret?: true;
  /** ID tokens may be signed with the client secret (HS256), as LINE does for web apps. */
  mayUseHs256?: true;
  /** The address is not in the ID token. */
  asksUserInfo?: true;
  /** Apple sends the response as a form if a scope is asked for. */
  responseMode?: 'form_post';
}

const openid = ['openid', 'email', 'profile'] as const;

/** A provider whose id is not one of these is generic OpenID Connect. docs/providers.md has the settings of each console. */
export const providerPresets: Readonly<Record<string, ProviderPreset>> = {
  google: {
    name: 'Google',
    protocol: 'oidc',
    issuer: 'https://accounts.google.com',
    scopes: openid,
    emailTrust: 'google',
  },
  microsoft: {
    name: 'Microsoft',
    protocol: 'oidc',
    issuer: 'https://login.microsoftonline.com/common/v2.0',
    scopes: openid,
    emailTrust: 'entra',
  },
  apple: {
    name: 'Apple',
    protocol: 'oidc',
    issuer: 'https://appleid.apple.com',
    scopes: ['openid', 'email'],
    emailTrust: 'claim',
    signsClientSecret: true,
    responseMode: 'form_post',
  },
  kakao: {
    name: 'Kakao',
    protocol: 'oidc',
    issuer: 'https://kauth.kakao.com',
    scopes: ['openid', 'account_email', 'profile_nickname'],
    emailTrust: 'claim',
    asksUserInfo: true,
  },
  line: {
    name: 'LINE',
    protocol: 'oidc',
    issuer: 'https://access.line.me',
    scopes: openid,
    emailTrust: 'never',
    mayUseHs256: true,
  },
  github: {
    name: 'GitHub',
    protocol: 'github',
    issuer: 'https://github.com',
    scopes: ['read:user', 'user:email'],
    emailTrust: 'claim',
  },
  naver: {
    name: 'Naver',
    protocol: 'naver',
    issuer: 'https://nid.naver.com',
    scopes: [],
    emailTrust: 'never',
  },
};

export const genericPreset: Omit<ProviderPreset, 'name'> = {
  protocol: 'oidc',
  scopes: openid,
  emailTrust: 'claim',
  asksUserInfo: true,
};
