import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { isLoopbackHost } from '../common/loopback.js';
import type { ProviderPreset } from './provider-presets.js';
import { genericPreset, providerPresets } from './provider-presets.js';
import { list, onOff } from './setting-types.js';

/** What RFC 7591 section 2 calls `token_endpoint_auth_method`, as far as a client secret is enough. */
const tokenEndpointAuthMethods = ['client_secret_basic', 'client_secret_post'] as const;
export type TokenEndpointAuthMethod = (typeof tokenEndpointAuthMethods)[number];

/** Another provider with which users can sign in. */
export interface ProviderConfig extends Readonly<Omit<ProviderPreset, 'issuer' | 'signsClientSecret'>> {
  /** In URLs, metrics and audit events. */
  readonly id: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for Apple. */
  readonly clientSecret?: string;
  /** How Pawl authenticates at its token endpoint (RFC 7591 section 2); undefined: as its metadata say. */
  readonly tokenEndpointAuthMethod?: TokenEndpointAuthMethod;
  /** Signs Apple's client secret. */
  readonly apple?: { readonly teamId: string; readonly keyId: string; readonly privateKey: string };
  /** Its `amr` can stand in for the second factor of an account. */
  readonly trustedMfa: boolean;
  /** The claim that holds the role of the user; undefined: roles are not mapped. */
  readonly roleClaim?: string;
  /** Whether its tokens are stored, sealed. */
  readonly keepTokens: boolean;
}

const providerId = /^[a-z][a-z0-9-]{0,31}$/;

/** `PROVIDERS`: ids, each once. */
export const providerIds = list.refine(
  (ids) => ids.every((id) => providerId.test(id)) && new Set(ids).size === ids.length,
  'must list each provider once, in lower case, such as google,github,corp',
);

const text = z.string().trim().min(1).optional();

/** The settings of one provider, without the `PROVIDER_<ID>_` before each. */
const ProviderSettings = z.object({
  ISSUER: text,
  CLIENT_ID: text,
  CLIENT_SECRET: text,
  TOKEN_ENDPOINT_AUTH_METHOD: z
    .enum(tokenEndpointAuthMethods, `must be ${tokenEndpointAuthMethods.join(' or ')}`)
    .optional(),
  SCOPES: text,
  NAME: text,
  TRUSTED_MFA: onOff('off'),
  ROLE_CLAIM: text,
  KEEP_TOKENS: onOff('off'),
  TEAM_ID: text,
  KEY_ID: text,
  PRIVATE_KEY: text,
});
type ProviderSettings = z.infer<typeof ProviderSettings>;

const settingsFromFiles = ['CLIENT_SECRET', 'PRIVATE_KEY'];

/** `PROVIDER_CORP_` for `corp`. */
function prefixOf(id: string): string {
  return `PROVIDER_${id.toUpperCase().replaceAll('-', '_')}_`;
}

function idsIn(environment: NodeJS.ProcessEnv): string[] {
  return providerIds.safeParse(environment.PROVIDERS).data ?? [];
}

/** The names of all settings of the providers that `PROVIDERS` lists. */
export function providerSettingNames(environment: NodeJS.ProcessEnv): string[] {
  return idsIn(environment).flatMap((id) => Object.keys(ProviderSettings.shape).map((name) => prefixOf(id) + name));
}

/** Those of them that are secret: their values can be in files. */
export function providerSecretNames(environment: NodeJS.ProcessEnv): string[] {
  return idsIn(environment).flatMap((id) => settingsFromFiles.map((name) => prefixOf(id) + name));
}

/** The providers, and what is wrong with their settings. */
export function readProviders(environment: NodeJS.ProcessEnv): {
  providers: readonly ProviderConfig[];
  faults: string[];
} {
  const read = idsIn(environment).map((id) => readProvider(id, environment));
  return {
    providers: Object.freeze(read.flatMap(({ provider }) => provider ?? [])),
    faults: read.flatMap(({ faults }) => faults),
  };
}

function readProvider(id: string, environment: NodeJS.ProcessEnv): { provider?: ProviderConfig; faults: string[] } {
  const prefix = prefixOf(id);
  const given = Object.fromEntries(
    Object.keys(ProviderSettings.shape).map((name) => [name, environment[prefix + name] || undefined]),
  );
  const { data: settings, error } = ProviderSettings.safeParse(given);
  if (!settings) return { faults: error.issues.map(({ path, message }) => `${prefix}${path.join('.')} ${message}`) };
  const preset = Object.hasOwn(providerPresets, id) ? providerPresets[id]! : { name: id, ...genericPreset };
  const issuer = settings.ISSUER ?? preset.issuer;
  const faults = [
    ...faultsIn(settings, preset, environment.NODE_ENV === 'production').map((fault) => prefix + fault),
    ...(issuer === undefined ? [`${prefix}ISSUER must be set, since PROVIDERS lists ${id}`] : []),
  ];
  if (faults.length > 0 || issuer === undefined) return { faults };
  const { signsClientSecret, ...traits } = preset;
  return {
    faults,
    provider: Object.freeze({
      ...traits,
      id,
      issuer,
      name: settings.NAME ?? preset.name,
      clientId: settings.CLIENT_ID!,
      clientSecret: signsClientSecret ? undefined : settings.CLIENT_SECRET,
      tokenEndpointAuthMethod: settings.TOKEN_ENDPOINT_AUTH_METHOD,
      apple: signsClientSecret && {
        teamId: settings.TEAM_ID!,
        keyId: settings.KEY_ID!,
        privateKey: pemOf(settings.PRIVATE_KEY!),
      },
      scopes: settings.SCOPES === undefined ? preset.scopes : settings.SCOPES.split(/[\s,]+/),
      trustedMfa: settings.TRUSTED_MFA,
      roleClaim: settings.ROLE_CLAIM,
      keepTokens: settings.KEEP_TOKENS,
    }),
  };
}

function faultsIn(settings: ProviderSettings, preset: { signsClientSecret?: true }, production: boolean): string[] {
  const { ISSUER: issuer, PRIVATE_KEY: privateKey } = settings;
  const needed = preset.signsClientSecret
    ? (['CLIENT_ID', 'TEAM_ID', 'KEY_ID', 'PRIVATE_KEY'] as const)
    : (['CLIENT_ID', 'CLIENT_SECRET'] as const);
  return [
    ...needed.filter((name) => settings[name] === undefined).map((name) => `${name} must be set`),
    ...(issuer !== undefined && !isIssuer(issuer, production)
      ? ['ISSUER must be an https URL without query (http on loopback outside production)']
      : []),
    ...(preset.signsClientSecret && settings.TOKEN_ENDPOINT_AUTH_METHOD !== undefined
      ? ['TOKEN_ENDPOINT_AUTH_METHOD must be left out: the client secret that Pawl signs goes into the body']
      : []),
    ...(preset.signsClientSecret && privateKey !== undefined && !isPrivateKey(privateKey)
      ? ['PRIVATE_KEY must be the key in the .p8 file (PEM)']
      : []),
  ];
}

function isIssuer(url: string, production: boolean): boolean {
  if (!/^https?:\/\/[^?#@\s]+$/.test(url) || !URL.canParse(url)) return false;
  const { protocol, host } = new URL(url);
  return protocol === 'https:' || (!production && isLoopbackHost(host));
}

/** In an environment variable, the line breaks of a PEM are often written as `\n`. */
function pemOf(text: string): string {
  return text.replaceAll('\\n', '\n');
}

function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(pemOf(text)).asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
}
