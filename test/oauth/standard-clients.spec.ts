import type { JSONWebKeySet } from 'jose';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, makeAdmin, refresh } from '../support/http.js';
import type { RegisteredClient } from './clients.js';
import { issuer, newClient, signInWith } from './clients.js';

/** Standard client libraries configure themselves by the metadata. They know the issuer, and reach it at another address. */
describe('oauth4webapi', () => {
  let app: TestApp;
  let admin: Tokens;
  let client: RegisteredClient;
  let server: oauth.AuthorizationServer;
  let http: Record<symbol, unknown>;

  beforeAll(async () => {
    app = await startApp();
    admin = await makeAdmin(app);
    client = await newClient(app, admin, { scope: 'invoices:read invoices:write', role: 'admin' });
    http = detour(app);
    server = await discover(issuer, http);
  });
  afterAll(() => app.close());

  const basic = () => oauth.ClientSecretBasic(client.client_secret);

  async function clientCredentials(parameters: Record<string, string> = {}, authentication = basic(), who = client) {
    const response = await oauth.clientCredentialsGrantRequest(server, who, authentication, parameters, http);
    return oauth.processClientCredentialsResponse(server, who, response);
  }

  async function introspect(token: string) {
    const response = await oauth.introspectionRequest(server, client, basic(), token, http);
    return oauth.processIntrospectionResponse(server, client, response);
  }

  it('discovers the endpoints, and that there is no authorization endpoint', () => {
    expect(server).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      introspection_endpoint: `${issuer}/oauth/introspect`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: ['refresh_token', 'client_credentials'],
    });
    expect(server.authorization_endpoint).toBeUndefined();
  });

  it.each([
    ['client_secret_basic', (secret: string) => oauth.ClientSecretBasic(secret)],
    ['client_secret_post', (secret: string) => oauth.ClientSecretPost(secret)],
  ])('gets a token of its own with %s, and introspects it', async (method, authentication) => {
    const one = await newClient(app, admin, { token_endpoint_auth_method: method, scope: 'a b' });
    const tokens = await clientCredentials({ scope: 'b' }, authentication(one.client_secret), one);
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 900, scope: 'b' });
    expect(tokens.refresh_token).toBeUndefined();
    expect(await introspect(tokens.access_token)).toMatchObject({ active: true, client_id: one.client_id, scope: 'b' });
  });

  it.each(['ES256', 'ES384', 'PS256', 'RS256', 'Ed25519'])(
    'gets one with private_key_jwt, signed with %s',
    async (alg) => {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'first', use: 'sig' }] };
      const one = await newClient(app, admin, { token_endpoint_auth_method: 'private_key_jwt', jwks });
      const key = { key: privateKey, kid: 'first' };
      // Twice, because each assertion has its own jti.
      for (let i = 0; i < 2; i++) {
        const { access_token: token } = await clientCredentials({}, oauth.PrivateKeyJwt(key), one);
        expect(await introspect(token)).toMatchObject({ active: true, sub: one.client_id });
      }
    },
  );

  it('refreshes, and each refresh returns a new refresh token', async () => {
    let { refresh_token: token } = await signInWith(app, client);
    for (let i = 0; i < 3; i++) {
      const response = await oauth.refreshTokenGrantRequest(server, client, basic(), token, http);
      expect(response.headers.get('pawl-refresh')).toBe('rotate');
      const tokens = await oauth.processRefreshTokenResponse(server, client, response);
      expect(tokens.refresh_token).not.toBe(token);
      expect((await call(app, 'GET', '/notes', { token: tokens.access_token })).status).toBe(200);
      token = tokens.refresh_token!;
      app.clock.advanceSeconds(31);
    }
  });

  it('refreshes a session of the built-in public client, and the next step may go through POST /auth/refresh', async () => {
    const session = await signInWith(app, { client_id: 'pawl' });
    const pawl = { client_id: 'pawl' };
    const response = await oauth.refreshTokenGrantRequest(server, pawl, oauth.None(), session.refresh_token, http);
    const tokens = await oauth.processRefreshTokenResponse(server, pawl, response);
    app.clock.advanceSeconds(31);
    expect((await refresh(app, tokens.refresh_token)).status).toBe(200);
  });

  it.each(['access_token', 'refresh_token'] as const)('revokes the %s, and the session is over', async (which) => {
    const session = await signInWith(app, client);
    expect(await introspect(session.access_token)).toMatchObject({ active: true, sid: session.session_id });
    const response = await oauth.revocationRequest(server, client, basic(), session[which], http);
    await oauth.processRevocationResponse(response);
    expect(await introspect(session.access_token)).toEqual({ active: false });
    expect(await introspect(session.refresh_token)).toEqual({ active: false });
  });

  it('learns why a grant is refused', async () => {
    const { refresh_token: another } = await signInWith(app, { client_id: 'pawl' });
    const response = await oauth.refreshTokenGrantRequest(server, client, basic(), another, http);
    const refused = oauth.processRefreshTokenResponse(server, client, response);
    await expect(refused).rejects.toMatchObject({ status: 400, error: 'invalid_grant' });
    const wrong = clientCredentials({}, oauth.ClientSecretBasic('wrong'));
    await expect(wrong).rejects.toMatchObject({ code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE' });
  });

  it('verifies both kinds of access token by the published keys alone (RFC 9068 section 4)', async () => {
    const session = await signInWith(app, client);
    const { access_token: own } = await clientCredentials();
    for (const [token, subject] of [
      [session.access_token, session.user.id],
      [own, client.client_id],
    ] as const) {
      const request = new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } });
      const claims = await oauth.validateJwtAccessToken(server, request, issuer, http);
      expect(claims).toMatchObject({ iss: issuer, sub: subject, client_id: client.client_id });
    }
  });

  it('as jose does', async () => {
    const { access_token: token } = await clientCredentials();
    const { body } = await call(app, 'GET', '/.well-known/jwks.json');
    const keys = createLocalJWKSet(body as JSONWebKeySet);
    const { payload } = await jwtVerify(token, keys, { issuer, audience: issuer, typ: 'at+jwt' });
    expect(payload).toMatchObject({ sub: client.client_id, client_id: client.client_id, role: 'admin' });
    for (const absent of ['user_id', 'sid', 'epoch']) expect(payload).not.toHaveProperty(absent);
  });
});

describe('openid-client', () => {
  it('discovers, gets a token with a signed assertion, introspects and revokes it', async () => {
    const app = await startApp();
    try {
      const admin = await makeAdmin(app);
      const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
      const { client_id: clientId } = await newClient(app, admin, {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [await exportJWK(publicKey)] },
      });
      const authentication = openid.PrivateKeyJwt(privateKey);
      const config = await openid.discovery(new URL(issuer), clientId, undefined, authentication, {
        algorithm: 'oauth2',
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out; the test speaks http to loopback
        execute: [openid.allowInsecureRequests],
        [openid.customFetch]: (url, options) => fetch(atApp(app, url), options),
      });
      const { access_token: token } = await openid.clientCredentialsGrant(config);
      expect((await openid.tokenIntrospection(config, token)).active).toBe(true);
      await openid.tokenRevocation(config, token);
      expect(await openid.tokenIntrospection(config, token)).toEqual({ active: false });
    } finally {
      await app.close();
    }
  });
});

describe('an issuer with a path', () => {
  const tenant = 'http://localhost:3000/tenants/one';
  let app: TestApp;
  beforeAll(async () => (app = await startApp({ env: { PUBLIC_URL: tenant } })));
  afterAll(() => app.close());

  it('is discovered with the path after the well-known part (RFC 8414 section 3.1)', async () => {
    const server = await discover(tenant, detour(app));
    expect(server.token_endpoint).toBe(`${tenant}/oauth/token`);
  });

  it('is discovered behind a proxy that takes the path away', async () => {
    const plain = await call(app, 'GET', '/.well-known/oauth-authorization-server');
    expect(plain.body.issuer).toBe(tenant);
  });

  it.each(['/', '/tenants', '/tenants/', '/tenants/two', '/tenants/one/', '/tenants/one/x'])(
    'is not discovered at %s',
    async (path) => {
      expect((await call(app, 'GET', `/.well-known/oauth-authorization-server${path}`)).status).toBe(404);
    },
  );

  it('may be cached for a while', async () => {
    const { headers } = await call(app, 'GET', '/.well-known/oauth-authorization-server');
    expect(headers.get('cache-control')).toBe('public, max-age=300');
  });
});

/** Clients use the issuer as the address; the app listens elsewhere. */
function atApp(app: TestApp, url: string): string {
  return url.replace(/^http:\/\/localhost:3000/, app.url);
}

function detour(app: TestApp): Record<symbol, unknown> {
  return {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out; the test speaks http to loopback
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url: string, options: RequestInit) => fetch(atApp(app, url), options),
  };
}

async function discover(identifier: string, http: Record<symbol, unknown>): Promise<oauth.AuthorizationServer> {
  const response = await oauth.discoveryRequest(new URL(identifier), { algorithm: 'oauth2', ...http });
  return oauth.processDiscoveryResponse(new URL(identifier), response);
}
