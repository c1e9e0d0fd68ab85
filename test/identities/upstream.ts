import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** A person who has an account at the provider. */
export interface Person {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
  groups?: unknown;
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
  close(): Promise<void>;
}

export const clientSecret = 'a secret of the client at the provider';
/** The redirect URI of the tests' PUBLIC_URL. */
const redirectUri = (id: string) => `http://localhost:3000/auth/providers/${id}/callback`;

export async function startUpstream(
  person: Person,
  { ids = ['corp'], tokenAuth = 'client_secret_basic' }: { ids?: string[]; tokenAuth?: string } = {},
): Promise<Upstream> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const people = new Map<string, Person>();
  const upstream: Upstream = { issuer, person, declines: false, requests: [], close: () => closeServer(server) };
  const provider: Provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'pawl-at-corp',
        client_secret: clientSecret,
        redirect_uris: ids.map(redirectUri),
        token_endpoint_auth_method: tokenAuth as 'client_secret_basic',
      },
    ],
    cookies: { keys: ['a key of the provider'] },
    claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
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
  const handle = provider.callback();
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
    if (request.url?.startsWith('/interaction/')) void interact(request, response);
    else void handle(request, response);
  });
  return upstream;
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
