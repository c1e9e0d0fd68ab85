import { expect } from '@jest/globals';
import type { OAuthErrorCode } from '../../src/oauth/errors.js';
import type { TestApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectStatus, goodPassword, newEmail } from '../support/http.js';
import { rawCall } from '../support/raw-http.js';

/** A client as POST /admin/clients returned it. */
export type RegisteredClient = {
  client_id: string;
  client_secret: string;
};

/** Of the issuer in the tests' own settings. */
export const issuer = 'http://localhost:3000';

export function createClient(app: Pick<TestApp, 'url'>, admin: Tokens, body: Record<string, unknown>): Promise<Answer> {
  return call(app, 'POST', '/admin/clients', { token: admin.access_token, body: { client_name: 'A client', ...body } });
}

/** By default a confidential one, with client_secret_basic and both grants. */
export async function newClient(
  app: Pick<TestApp, 'url'>,
  admin: Tokens,
  body: Record<string, unknown> = {},
): Promise<RegisteredClient> {
  const grants = { grant_types: ['refresh_token', 'client_credentials'] };
  return expectStatus(createClient(app, admin, { ...grants, ...body }), 201);
}

export function deleteClient(
  app: Pick<TestApp, 'url'>,
  admin: Tokens,
  { client_id }: Pick<RegisteredClient, 'client_id'>,
) {
  return call(app, 'DELETE', `/admin/clients/${client_id}`, { token: admin.access_token });
}

/** A new user's session that belongs to the client, which proves itself by its secret if it has one. */
export function signInWith(
  app: Pick<TestApp, 'url'>,
  { client_id, client_secret }: Pick<RegisteredClient, 'client_id'> & Partial<RegisteredClient>,
  { scope }: { scope?: string } = {},
): Promise<Tokens> {
  const headers = client_secret === undefined ? {} : Object.fromEntries(basic({ client_id, client_secret }));
  const body = { email: newEmail(), password: goodPassword, client_id, scope };
  return expectStatus(call(app, 'POST', '/auth/register', { body, headers }), 201);
}

export type Parameters = Record<string, string> | [name: string, value: string][];
export type Headers = readonly (readonly [name: string, value: string])[];

/** POSTs a form. */
export function post(
  app: Pick<TestApp, 'url'>,
  path: string,
  parameters: Parameters,
  headers: Headers = [],
): Promise<Answer> {
  const body = new URLSearchParams(parameters).toString();
  const type = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
  return rawCall(app, { method: 'POST', path, headers: [type, ...headers], body });
}

/** The header of client_secret_basic. Our ids and secrets need no encoding. */
export function basic({ client_id, client_secret }: RegisteredClient): Headers {
  return [['Authorization', `Basic ${btoa(`${client_id}:${client_secret}`)}`]];
}

/** A token of the client's own. */
export async function serviceToken(
  app: Pick<TestApp, 'url'>,
  client: RegisteredClient,
  parameters: Record<string, string> = {},
): Promise<string> {
  const form = { grant_type: 'client_credentials', ...parameters };
  const body = await expectStatus(post(app, '/oauth/token', form, basic(client)), 200);
  return (body as { access_token: string }).access_token;
}

export function oauthRefresh(
  app: Pick<TestApp, 'url'>,
  client: RegisteredClient,
  { refresh_token }: Pick<Tokens, 'refresh_token'>,
): Promise<Answer> {
  return post(app, '/oauth/token', { grant_type: 'refresh_token', refresh_token }, basic(client));
}

export async function introspect(
  app: Pick<TestApp, 'url'>,
  client: RegisteredClient,
  token: string,
): Promise<Record<string, unknown>> {
  return expectStatus(post(app, '/oauth/introspect', { token }, basic(client)), 200);
}

/** Asserts an error as RFC 6749 section 5.2 has it, and nothing else in it. */
export async function expectOAuthError(
  answer: Answer | Promise<Answer>,
  status: number,
  error: OAuthErrorCode,
): Promise<Answer> {
  const answered = await answer;
  const { headers, body } = answered;
  const shown = body as Record<string, unknown>;
  expect({ status: answered.status, error: shown.error }).toEqual({ status, error });
  expect(Object.keys(shown).sort()).toEqual(['error', 'error_description']);
  expect(shown.error_description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('pragma')).toBe('no-cache');
  expect(headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="pawl"' : null);
  return answered;
}
