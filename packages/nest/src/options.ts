/** The OAuth client that this service is at Pawl. */
export interface PawlClient {
  clientId: string;
  clientSecret: string;
}

/** The members of the metadata that only the service knows (RFC 9728 section 2). */
export interface ResourceMetadata {
  /** The URL of this service, as its clients know it. Default: the audience. */
  resource?: string;
  /** What people read. */
  name?: string;
  /** The scopes that clients may ask for. */
  scopes?: readonly string[];
}

export interface PawlOptions {
  /** Pawl's `PUBLIC_URL`: the `iss` of its tokens. */
  issuer: string;
  /** Pawl's `JWT_AUDIENCE`: the `aud` of its tokens. Default: the issuer, as in Pawl. */
  audience?: string;
  /**
   * Where Pawl's keys are. Default: `{issuer}/.well-known/jwks.json`. If this service reaches Pawl at another address than
   * users do, give that address here; the feed and introspection are expected there too.
   */
  jwksUri?: string;
  /**
   * How this service learns that a token was revoked before it expires. A client with the scope `revocations` follows the
   * revocation feed. `introspection` asks Pawl about each token in each request. `off` accepts it until it expires.
   */
  revocation?: PawlClient | 'introspection' | 'off';
  /** The client that asks, for `revocation: 'introspection'`. */
  clientId?: string;
  clientSecret?: string;
  /** What happens while the feed cannot be reached: `continue` with what is known, or `refuse` with 503. Default: continue. */
  onStale?: 'continue' | 'refuse';
  /** After how many seconds without a sign of life the feed counts as stale. Default: 30. */
  staleAfterSeconds?: number;
  /** Serves `/.well-known/oauth-protected-resource` (RFC 9728), which leads OAuth clients to Pawl. Default: false. */
  resourceMetadata?: boolean | ResourceMetadata;
}

/** The options, complete. */
export interface PawlSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** Where Pawl's endpoints are. */
  readonly address: string;
  readonly revocation:
    | { readonly mode: 'feed' | 'introspection'; readonly client: PawlClient }
    | { readonly mode: 'off'; readonly isChosen: boolean };
  readonly onStale: 'continue' | 'refuse';
  readonly staleAfterSeconds: number;
  readonly resourceMetadata: (Required<Omit<ResourceMetadata, 'name'>> & { name?: string }) | undefined;
}

const jwksPath = '/.well-known/jwks.json';

/** Throws an error that names the option, so that a mistake stops the start. */
export function settingsOf(options: PawlOptions): PawlSettings {
  const { issuer, audience = issuer, onStale = 'continue', staleAfterSeconds = 30 } = options;
  assertUrl('issuer', issuer);
  const jwksUri = options.jwksUri ?? withoutSlash(issuer) + jwksPath;
  assertUrl('jwksUri', jwksUri);
  if (audience === '') fail('audience', 'is empty. Give Pawl’s JWT_AUDIENCE, or leave it out.');
  if (!['continue', 'refuse'].includes(onStale)) fail('onStale', 'is neither continue nor refuse.');
  if (!(staleAfterSeconds >= 10))
    fail('staleAfterSeconds', 'is less than 10: a dead connection is noticed after 10 s.');
  return Object.freeze({
    issuer,
    audience,
    jwksUri,
    address: jwksUri.endsWith(jwksPath) ? jwksUri.slice(0, -jwksPath.length) : withoutSlash(issuer),
    revocation: revocationOf(options),
    onStale,
    staleAfterSeconds,
    resourceMetadata: resourceMetadataOf(options.resourceMetadata, audience),
  });
}

function revocationOf({ revocation, clientId, clientSecret }: PawlOptions): PawlSettings['revocation'] {
  if (revocation === undefined || revocation === 'off') return { mode: 'off', isChosen: revocation === 'off' };
  if (revocation === 'introspection') {
    return { mode: 'introspection', client: clientOf({ clientId, clientSecret }, 'options') };
  }
  if (typeof revocation !== 'object') fail('revocation', 'is neither a client, nor introspection, nor off.');
  return { mode: 'feed', client: clientOf(revocation, 'revocation') };
}

function clientOf({ clientId, clientSecret }: Partial<PawlClient>, where: string): PawlClient {
  if (!clientId || !clientSecret) {
    fail('revocation', `needs clientId and clientSecret in ${where}: the OAuth client that this service is at Pawl.`);
  }
  return { clientId, clientSecret };
}

function resourceMetadataOf(
  given: PawlOptions['resourceMetadata'],
  audience: string,
): PawlSettings['resourceMetadata'] {
  if (given === undefined || given === false) return undefined;
  const { resource = audience, scopes = [], name } = given === true ? {} : given;
  assertUrl('resourceMetadata.resource', resource);
  return { resource, scopes, name };
}

function assertUrl(option: string, value: unknown): void {
  const isUrl = typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  if (!isUrl) fail(option, `is not an http or https URL: ${String(value)}`);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function fail(option: string, problem: string): never {
  throw new Error(`@pawl/nest: ${option} ${problem}`);
}
