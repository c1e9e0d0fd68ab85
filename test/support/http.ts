import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { ErrorCode } from '../../src/common/errors.js';
import type { TestApp } from './app.js';

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON; undefined if the response is empty. */
  body: any;
}

export interface CallOptions {
  /** Sent as `Authorization: Bearer`. */
  token?: string;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** One real HTTP request. */
export async function call(
  app: Pick<TestApp, 'url'>,
  method: string,
  path: string,
  { token, body, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(app.url + path, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text || undefined };
}

/** Asserts that a response is a problem with this status and code, in the shape of every problem. */
export async function expectProblem(
  answer: Answer | Promise<Answer>,
  status: number,
  code: ErrorCode,
): Promise<Answer> {
  const { headers, body, ...rest } = await answer;
  expect({ status: rest.status, code: body?.code }).toEqual({ status, code });
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({ type: 'about:blank', status, instance: headers.get('x-request-id') });
  if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="pawl"/);
  return { headers, body, ...rest };
}

/** The tokens in the response of a sign-in or a refresh. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
  session_id: string;
  expires_in: number;
  user: { id: string; email: string; name: string | null; role: string };
}

export const goodPassword = 'correct horse battery staple';

export function newEmail(): string {
  return `user-${randomUUID()}@example.com`;
}

/** Registers a new user. */
export async function register(app: Pick<TestApp, 'url'>, overrides: Record<string, unknown> = {}): Promise<Tokens> {
  const body = { email: newEmail(), password: goodPassword, ...overrides };
  return expectStatus(call(app, 'POST', '/auth/register', { body }), 201);
}

/** Registers a user and confirms the address in the database: notices go to confirmed addresses only. */
export async function registerConfirmed(app: TestApp, changes: Parameters<typeof register>[1] = {}): Promise<Tokens> {
  const tokens = await register(app, changes);
  await app.db.query('UPDATE users SET email_verified = true WHERE id = $1', [tokens.user.id]);
  return tokens;
}

export async function login(app: Pick<TestApp, 'url'>, email: string, password = goodPassword): Promise<Tokens> {
  return expectStatus(call(app, 'POST', '/auth/login', { body: { email, password } }), 200);
}

export function refresh(app: Pick<TestApp, 'url'>, refreshToken: unknown): Promise<Answer> {
  return call(app, 'POST', '/auth/refresh', { body: { refresh_token: refreshToken } });
}

/** Registers a new user, makes them an admin in the database, and signs them in again. */
export async function makeAdmin(app: TestApp): Promise<Tokens> {
  const { user } = await register(app);
  await app.db.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [user.id]);
  return login(app, user.email);
}

export async function expectStatus(answer: Promise<Answer>, status: number): Promise<any> {
  const { status: actual, body } = await answer;
  expect({ status: actual, body }).toEqual({ status, body }); // shows the body of a response that is not expected
  return body;
}

/** The response as a caller sees it, without the parts that are unique to the request. */
export const visible = ({ status, headers, body }: Answer) => ({
  status,
  body: body as unknown,
  headers: Object.fromEntries([...headers].filter(([name]) => !['date', 'x-request-id'].includes(name))),
});
