import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Refreshed } from '../../src/sessions/ratchet.js';
import type { TestApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, refresh } from '../support/http.js';

/** Longer than the grace time of the tests' own settings. */
export const pastGraceSeconds = 31;

/** Presents a refresh token, and asserts that it was granted and how. */
export async function granted(
  app: Pick<TestApp, 'url'>,
  { refresh_token }: Pick<Tokens, 'refresh_token'>,
  verdict: Refreshed['verdict'],
): Promise<Tokens> {
  return expectGranted(await refresh(app, refresh_token), verdict);
}

export function expectGranted(answer: Answer, verdict: Refreshed['verdict']): Tokens {
  const granted = { status: answer.status, verdict: verdictOf(answer), code: codeOf(answer) };
  expect(granted).toEqual({ status: 200, verdict, code: undefined });
  return tokensOf(answer);
}

export function verdictOf({ headers }: Answer): string | null {
  return headers.get('pawl-refresh');
}

export function tokensOf({ body }: Answer): Tokens {
  return body as Tokens;
}

/** The code of a refusal; undefined when it was none. */
export function codeOf({ body }: Answer): string | undefined {
  return (body as { code?: string }).code;
}

/** Whether the access token opens a protected resource right now. */
export async function accessStatus(app: Pick<TestApp, 'url'>, { access_token }: Tokens): Promise<number> {
  return (await call(app, 'GET', '/notes', { token: access_token })).status;
}

/** The session's row, with the version of it that PostgreSQL keeps. */
export interface StoredSession {
  /** Changes with every write. */
  version: string;
  generation: number;
  token_hash: Buffer;
  sibling_hash: Buffer | null;
  revoked_reason: string | null;
}

export async function storedSession({ db }: TestApp, { session_id }: Tokens): Promise<StoredSession> {
  const [row] = await db.query<StoredSession & Record<string, unknown>>(
    `SELECT xmin || ' ' || ctid AS version, generation, token_hash, sibling_hash, revoked_reason FROM sessions WHERE id = $1`,
    [session_id],
  );
  return row!;
}

/** A refresh token taken apart by hand, by the layout of its 96 bytes: the codec under test is not asked. */
export interface TokenParts {
  keyId: string;
  generation: number;
  lane: string;
  secret: Buffer;
}

export function partsOf(refreshToken: string): TokenParts {
  const bytes = Buffer.from(refreshToken.slice('pwl1_'.length), 'base64url');
  return {
    keyId: bytes.toString('hex', 0, 4),
    generation: bytes.readUInt32BE(36),
    lane: bytes.toString('hex', 40, 48),
    secret: bytes.subarray(48, 80),
  };
}

/** The same token with other bytes from `start` on. */
export function tampered(refreshToken: string, start: number, bytes = 1): string {
  const changed = Buffer.from(refreshToken.slice('pwl1_'.length), 'base64url');
  for (let i = start; i < start + bytes; i++) changed[i]! ^= 1 + (randomBytes(1)[0]! % 255);
  return `pwl1_${changed.toString('base64url')}`;
}
