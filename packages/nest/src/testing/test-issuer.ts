import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestAlgorithm } from './signing-key.js';
import { TestSigningKey } from './signing-key.js';
import type { TestRevocation } from './test-feed.js';
import { TestFeed } from './test-feed.js';
import type { TestServiceTokenOptions, TestTokenOptions } from './token-options.js';
import { serviceClaims, userClaims } from './token-options.js';

export interface TestIssuerOptions {
  /** The `iss` of its tokens. Default: its own address. */
  issuer?: string;
  /** The `aud` of its tokens. Default: the issuer, as in Pawl. */
  audience?: string;
  /** Default: `ES256`, as in Pawl. */
  algorithm?: TestAlgorithm;
  /** In milliseconds since 1970, for tests that move the time. Default: `Date.now`. */
  nowMs?: () => number;
}

/**
 * Issues the access tokens of a Pawl that does not exist. The keys are made in this process and published on a port of this
 * machine, so the real guard verifies the tokens: `PawlModule.forRoot({ issuer: issuer.url, revocation: 'off' })`.
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  // A test that forgets to close it still ends.
  server.unref();
  return new TestIssuer(server, options);
}

export class TestIssuer {
  /** Where it listens. It is the `issuer` option of the guard, unless you have chosen another one. */
  readonly url: string;
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  private readonly feed = new TestFeed();
  private readonly algorithm: TestAlgorithm;
  private readonly nowMs: () => number;
  /** The newest signs. */
  private keys: TestSigningKey[];

  constructor(
    private readonly server: Server,
    { issuer, audience, algorithm = 'ES256', nowMs = () => Date.now() }: TestIssuerOptions,
  ) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.issuer = issuer ?? this.url;
    this.audience = audience ?? this.issuer;
    this.jwksUri = `${this.url}/.well-known/jwks.json`;
    this.algorithm = algorithm;
    this.nowMs = nowMs;
    this.keys = [new TestSigningKey(algorithm)];
    server.on('request', (request, response) => this.respond(request, response));
  }

  /** The id of the key that signs. */
  get keyId(): string {
    return this.signer.jwk.kid;
  }

  /** An access token of a user. */
  token(options: TestTokenOptions = {}): string {
    return this.sign(options, userClaims(options, this.nowSeconds()));
  }

  /** An access token that a client got for itself. */
  serviceToken(options: TestServiceTokenOptions): string {
    return this.sign(options, serviceClaims(options, this.nowSeconds()));
  }

  /** Tells those who follow the revocation feed. The guard follows it with any client: `revocation: { clientId, clientSecret }`. */
  revoke(revocation: TestRevocation): void {
    this.feed.revoke(revocation);
  }

  /** Signs with a new key from now on. The old ones stay published, unless you withdraw them. */
  rotateKey({ withdrawOld = false }: { withdrawOld?: boolean } = {}): void {
    this.keys = [new TestSigningKey(this.algorithm), ...(withdrawOld ? [] : this.keys)];
  }

  /** Nothing can be fetched from it any more, as if Pawl were away. */
  async close(): Promise<void> {
    this.feed.end();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private get signer(): TestSigningKey {
    return this.keys[0]!;
  }

  private sign({ issuer = this.issuer, audience = this.audience, type = 'at+jwt' }: TestTokenOptions, claims: object) {
    const { kid, alg } = this.signer.jwk;
    return this.signer.sign({ alg, typ: type, kid }, { iss: issuer, aud: audience, ...claims });
  }

  private nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  private respond({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const [path] = url.split('?');
    if (path === '/.well-known/jwks.json') sendJson(response, 200, { keys: this.keys.map(({ jwk }) => jwk) });
    else if (path === '/oauth/revocations') this.feed.follow(response);
    else if (path === '/oauth/token') {
      const clientId = clientOf(headers.authorization);
      const token = this.serviceToken({ clientId, scope: 'revocations' });
      sendJson(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 900, scope: 'revocations' });
    } else sendJson(response, 404, { error: 'not_found' });
  }
}

/** Any secret will do. */
function clientOf(authorization = ''): string {
  const pair = Buffer.from(authorization.replace(/^basic +/i, ''), 'base64').toString();
  return decodeURIComponent(pair.split(':')[0] || 'test-client');
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
