import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IntrospectionVerifier } from './introspection-verifier.js';

const issuer = 'https://auth.example.com';
const audience = 'https://orders.example.com';
const described = {
  active: true,
  token_use: 'access_token',
  iss: issuer,
  aud: audience,
  sub: 'u',
  user_id: 'u',
  sid: 's',
  role: 'user',
  client_id: 'pawl',
  jti: 'j',
  exp: 4_000_000_000,
};

let server: Server;
let response: { status: number; body: object };
let verifier: IntrospectionVerifier;
beforeAll(async () => {
  server = createServer((_, sent) => {
    sent.writeHead(response.status, { 'content-type': 'application/json' }).end(JSON.stringify(response.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  verifier = new IntrospectionVerifier(address, { clientId: 'orders', clientSecret: 'secret' }, { issuer, audience });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

it('believes Pawl about an active access token for this service', async () => {
  response = { status: 200, body: described };
  const { principal, sessionId } = await verifier.verify('a token');
  expect(principal).toMatchObject({ userId: 'u', role: 'user' });
  expect(sessionId).toBe('s');
});

it.each([
  ['that is not active', { active: false }],
  ['of which nothing is said', { active: undefined }],
  ['that is a refresh token (attack: it lives for months)', { token_use: 'refresh_token' }],
  ['of another issuer', { iss: 'https://another-issuer.example' }],
  ['for another service (attack: a token that was given to another site)', { aud: 'https://another.example' }],
  ['for nobody', { aud: undefined }],
  ['whose user is not its subject', { sub: 'v' }],
])('refuses a token %s', async (_, changed) => {
  response = { status: 200, body: { ...described, ...changed } };
  await expect(verifier.verify('a token')).rejects.toMatchObject({ code: 'token_invalid' });
});

it.each([401, 500])('cannot tell after a response of %i, and does not take that for a refusal', async (status) => {
  response = { status, body: described };
  await expect(verifier.verify('a token')).rejects.toMatchObject({ code: 'temporarily_unavailable' });
});
