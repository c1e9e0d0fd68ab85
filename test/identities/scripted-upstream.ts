import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CryptoKey } from 'jose';
import { base64url, exportJWK, generateKeyPair, SignJWT } from 'jose';

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  body: URLSearchParams,
) => void | Promise<void>;

/** A provider that says what a test has it say: the least that OpenID Connect needs, and every lie. */
export interface ScriptedUpstream {
  issuer: string;
  /** Added to the metadata, or instead of it. */
  metadata: Record<string, unknown>;
  /** Added to the parameters that the browser brings back; null removes one. */
  response: Record<string, string | null>;
  /** Added to the claims of the ID token, or instead of them. */
  claims: Record<string, unknown>;
  /** Makes the ID token of its claims; the default signs them. */
  sign: (claims: Record<string, unknown>) => Promise<string> | string;
  /** By path, instead of the usual response. */
  handlers: Map<string, Handler>;
  /** The usual responses, by path. */
  usual: Record<string, Handler>;
  /** What was sent to the token endpoint. */
  tokenRequests: { body: URLSearchParams; authorization: string | undefined }[];
  requests: string[];
  key: CryptoKey;
  reset(): void;
  close(): Promise<void>;
}

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const upstream: ScriptedUpstream = {
    issuer,
    metadata: {},
    response: {},
    claims: {},
    sign: sign(privateKey),
    handlers: new Map(),
    usual: {},
    tokenRequests: [],
    requests: [],
    key: privateKey,
    reset: () => {
      Object.assign(upstream, { metadata: {}, response: {}, claims: {}, sign: sign(privateKey) });
      upstream.handlers.clear();
      upstream.tokenRequests.length = 0;
      upstream.requests.length = 0;
    },
    close: () => closeServer(server),
  };
  /** The nonce of each code. */
  const nonces = new Map<string, string>();
  const usual: Record<string, Handler> = {
    '/.well-known/openid-configuration': (_request, response) => {
      sendJson(response, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        ...upstream.metadata,
      });
    },
    '/jwks': (_request, response) => sendJson(response, { keys: [jwk] }),
    '/authorize': (request, response) => {
      const asked = new URL(request.url!, issuer).searchParams;
      const code = `code-${nonces.size}`;
      nonces.set(code, asked.get('nonce') ?? '');
      const target = new URL(asked.get('redirect_uri')!);
      const parameters = { code, state: asked.get('state'), ...upstream.response };
      for (const [name, value] of Object.entries(parameters)) if (value !== null) target.searchParams.set(name, value);
      response.writeHead(302, { location: target.href }).end();
    },
    '/token': async (request, response, body) => {
      upstream.tokenRequests.push({ body, authorization: request.headers.authorization });
      const nonce = nonces.get(body.get('code') ?? '');
      if (nonce === undefined) {
        sendJson(response, { error: 'invalid_grant' }, 400);
        return;
      }
      nonces.delete(body.get('code')!);
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: issuer,
        aud: 'pawl-at-corp',
        sub: 'ada',
        nonce,
        iat: now,
        exp: now + 60,
        ...upstream.claims,
      };
      const idToken = await upstream.sign(claims);
      sendJson(response, { access_token: 'at', token_type: 'Bearer', expires_in: 60, id_token: idToken });
    },
  };
  upstream.usual = usual;
  server.on('request', (request, response) => {
    const { pathname } = new URL(request.url ?? '/', issuer);
    upstream.requests.push(pathname);
    void readBody(request).then((body) => {
      const handler = upstream.handlers.get(pathname) ?? usual[pathname];
      if (handler) void handler(request, response, body);
      else sendJson(response, {}, 404);
    });
  });
  return upstream;
}

function sign(key: CryptoKey): ScriptedUpstream['sign'] {
  return (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(key);
}

/** RFC 7519 section 6: a token that nobody has signed. */
export function unsecured(claims: Record<string, unknown>): string {
  return `${base64url.encode(JSON.stringify({ alg: 'none' }))}.${base64url.encode(JSON.stringify(claims))}.`;
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += String(chunk);
  return new URLSearchParams(text);
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
