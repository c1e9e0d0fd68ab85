import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

/** A person who has an account at the provider. */
export interface Person {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
  groups?: unknown;
  [claim: string]: unknown;
  /** How the provider says that the person signed in. */
  amr?: string[];
}

/** A real OpenID Connect provider of others on loopback. Each visitor is signed in as `person`, or declines. */
export interface Upstream {
  issuer: string;
  person: Person;
  declines: boolean;
  /** How often each path was asked for. */
  requests: string[];
  /** Replaces its signing key, without a word to anybody. */
  rotateKeys(): Promise<void>;
  close(): Promise<void>;
}

export const clientSecret = 'a secret of the client at the provider';
/** How another product behaves that is not oidc-provider, as far as that can imitate it. */
export interface UpstreamOptions {
  ids?: string[];
  tokenAuth?: string;
  /** Below which everything is, as the realms of Keycloak are. */
  path?: string;
  /** Further claims of a person that the ID token has. */
  tokenClaims?: string[];
  /** Added to what the browser brings back. */
  responseParameters?: Record<string, string>;
}

/** The redirect URI of the tests' PUBLIC_URL. */
const redirectUri = (id: string) => `http://localhost:3000/auth/providers/${id}/callback`;

export async function startUpstream(
  person: Person,
  {
    ids = ['corp'],
    tokenAuth = 'client_secret_basic',
    path = '',
    tokenClaims = [],
    responseParameters = {},
  }: UpstreamOptions = {},
): Promise<Upstream> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const people = new Map<string, Person>();
  const upstream: Upstream = {
    issuer,
    person,
    declines: false,
    requests: [],
    rotateKeys: async () => use(await newKey()),
    close: () => closeServer(server),
  };
  const build = (keys?: object[]): Provider =>
    new Provider(issuer, {
      ...(keys && { jwks: { keys: keys } }),
      conformIdTokenClaims: tokenClaims.length === 0,
      clients: [
        {
          client_id: 'pawl-at-corp',
          client_secret: clientSecret,
          redirect_uris: ids.map(redirectUri),
          token_endpoint_auth_method: tokenAuth as 'client_secret_basic',
        },
      ],
      cookies: { keys: ['a key of the provider'] },
      claims: {
        openid: ['sub', 'amr', ...tokenClaims],
        email: ['email', 'email_verified'],
        profile: ['name', 'groups'],
      },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `${path}/interaction/${uid}` },
      pkce: { required: () => true },
      findAccount: (_ctx, sub) => {
        const { amr: _amr, ...claims } = people.get(sub) ?? { sub };
        return { accountId: sub, claims: () => ({ ...claims }) };
      },
      loadExistingGrant: async (ctx) => {
        const grant = new provider.Grant({
          clientId: ctx.oidc.client!.clientId,
          accountId: ctx.oidc.session!.accountId,
        });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    });
  let provider = build();
  let handle = provider.callback();
  const use = (keys: object[]) => {
    provider = build(keys);
    handle = provider.callback();
  };
  const interact = async (request: IncomingMessage, response: ServerResponse) => {
    if (upstream.declines) {
      const result = { error: 'access_denied', error_description: 'declined' };
      return provider.interactionFinished(request, response, result);
    }
    const { sub: accountId, amr } = upstream.person;
    people.set(accountId, { ...upstream.person });
    return provider.interactionFinished(request, response, { login: { accountId, amr, remember: false } });
  };
  server.on('request', (request, response) => {
    upstream.requests.push(new URL(request.url ?? '/', issuer).pathname);
    addParameters(response, responseParameters);
    if (path !== '' && !request.url?.startsWith(`${path}/`)) {
      response.writeHead(404).end();
      return;
    }
    // As Express mounts an application below a path.
    Object.assign(request, { originalUrl: request.url, baseUrl: path, url: request.url!.slice(path.length) });
    if (request.url?.startsWith('/interaction/')) void interact(request, response);
    else void handle(request, response);
  });
  return upstream;
}

async function newKey(): Promise<object[]> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return [{ ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'RS256', use: 'sig' }];
}

/** Adds to the authorization response on its way to the browser. */
function addParameters(response: ServerResponse, parameters: Record<string, string>): void {
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) => {
    const isResponse = name.toLowerCase() === 'location' && String(value).startsWith('http://localhost:3000/');
    if (!isResponse) return setHeader(name, value);
    const target = new URL(String(value));
    for (const [key, added] of Object.entries(parameters)) target.searchParams.set(key, added);
    return setHeader(name, target.href);
  };
}

/** The settings of a provider named `corp`. */
export function corpSettings({ issuer }: Pick<Upstream, 'issuer'>, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    PROVIDERS: 'corp',
    PROVIDER_CORP_ISSUER: issuer,
    PROVIDER_CORP_CLIENT_ID: 'pawl-at-corp',
    PROVIDER_CORP_CLIENT_SECRET: clientSecret,
    PROVIDER_CORP_NAME: 'Corp',
    ...more,
  };
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
