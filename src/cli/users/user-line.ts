import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { StorableInstant } from '../../common/instant.js';
import type { TransferredFactors } from '../../factors/factor-transfer.js';
import { UnusableHash } from '../../passwords/foreign/unusable-hash.js';
import { parseForeignHash } from '../../passwords/foreign-hash.js';
import { exportedHash, noPassword, storeForeignHash } from '../../passwords/stored-password.js';
import { EmailAddress } from '../../users/email.js';
import type { AdminUserRow } from '../../users/user.schema.js';
import { maxNameCharacters } from '../../users/user.schema.js';
import { printableJson } from '../printable.js';
import { factorColumns, toFactorColumns, toTransferred } from './factor-columns.js';

export const maxLineBytes = 64 * 1024;
const byteOrderMark = /^\uFEFF/;

/** PostgreSQL cannot store U+0000, nor UTF-8 a lone surrogate. */
const wellFormed = (text: string) => !text.includes('\0') && text.isWellFormed();

/** Many exports write an empty text or null for what is missing. */
const absentIfEmpty = (value: unknown) =>
  value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value;

const optional = <Output>(type: z.ZodType<Output>, spell: (value: unknown) => unknown = (value) => value) =>
  z.preprocess((value) => spell(absentIfEmpty(value)), type.optional());

/** Databases write `t`, 1 or "true". */
const booleans = new Map<unknown, boolean>([
  ...['true', 't', '1', 1].map((spelling) => [spelling, true] as const),
  ...['false', 'f', '0', 0].map((spelling) => [spelling, false] as const),
]);
const spelledBoolean = (value: unknown) =>
  booleans.get(typeof value === 'string' ? value.trim().toLowerCase() : value) ?? value;

/** PostgreSQL writes `2020-02-29 12:00:00+00`. */
const isoInstant = (value: unknown) => {
  const shape = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(?:(Z|UTC)|([+-]\d\d)(?::?(\d\d))?)$/i;
  const [, date, time, utc, hours, minutes = '00'] = typeof value === 'string' ? (shape.exec(value.trim()) ?? []) : [];
  return date ? `${date}T${time}${utc ? 'Z' : `${hours}:${minutes}`}` : value;
};

const flag = optional(z.boolean('must be true or false'), spelledBoolean);

/** A line of NDJSON: one user, as `export` writes and `import` reads it. */
const UserLine = z.strictObject(
  {
    email: EmailAddress,
    password_hash: optional(z.string('must be text')),
    id: optional(z.guid('must be a UUID').toLowerCase()),
    name: optional(
      z
        .string('must be text')
        .trim()
        .max(maxNameCharacters, `must have at most ${maxNameCharacters} characters`)
        .refine(wellFormed, 'must be well-formed Unicode without U+0000'),
    ),
    role: optional(z.string('must be text')),
    email_verified: flag,
    disabled: flag,
    created_at: optional(StorableInstant, isoInstant),
    last_sign_in_at: optional(StorableInstant, isoInstant),
    ...factorColumns,
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'must be an object such as {"email": "ada@example.com"}' : undefined,
  },
);

/** A user that can be inserted. */
export interface ImportedUser {
  email: string;
  /** As users.password_hash keeps it. */
  passwordHash: string;
  id: string | undefined;
  name: string | null;
  role: string;
  emailVerified: boolean;
  disabled: boolean;
  createdAt: string | undefined;
  lastSignInAt: string | null;
  /** One factor is not enough to sign in. */
  secondFactor: boolean;
  /** Undefined for a user who has no second factor. */
  factors: TransferredFactors | undefined;
}

/** Why a line cannot be imported, in words for the operator that quote nothing of it. */
export class BadLine extends Error {
  override readonly name = 'BadLine';
}

/** The email address of a line that may otherwise be bad. Undefined if there is none. */
export function readEmail(bytes: Buffer | undefined): string | undefined {
  try {
    const line = z.looseObject({ email: EmailAddress }).safeParse(parseJson(textOf(bytes)));
    return line.data?.email;
  } catch {
    return undefined;
  }
}

/** Throws BadLine. */
export function readUserLine(bytes: Buffer | undefined, roles: readonly string[]): ImportedUser {
  const { data, error } = UserLine.safeParse(parseJson(textOf(bytes)));
  if (!data) throw new BadLine(error.issues.map(describeIssue).join('; '));
  const { role = 'user' } = data;
  const factors = toTransferred(data);
  if (!roles.includes(role)) throw new BadLine(`role: must be one of ${roles.join(', ')}`);
  return {
    email: data.email,
    passwordHash: toStored(data.password_hash),
    id: data.id,
    name: data.name ?? null,
    role,
    emailVerified: data.email_verified ?? false,
    disabled: data.disabled ?? false,
    createdAt: data.created_at,
    lastSignInAt: data.last_sign_in_at ?? null,
    secondFactor: factors !== undefined,
    factors,
  };
}

/** Includes the hash and the factors only if the operator asked for them. */
export function writeUserLine(
  user: AdminUserRow & { passwordHash: string },
  withHash: boolean,
  factors?: TransferredFactors,
): string {
  return printableJson({
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    email_verified: user.emailVerified,
    disabled: user.disabled,
    created_at: user.createdAt.toISOString(),
    last_sign_in_at: user.lastSignInAt?.toISOString() ?? null,
    ...(withHash && { password_hash: exportedHash(user.passwordHash) }),
    ...(factors && toFactorColumns(factors)),
  });
}

function textOf(bytes: Buffer | undefined): string {
  if (!bytes) throw new BadLine(`longer than ${maxLineBytes} bytes`);
  if (!isUtf8(bytes)) throw new BadLine('not UTF-8');
  return bytes.toString().replace(byteOrderMark, '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's own words: they quote the line, and with it a hash.
    throw new BadLine('not JSON');
  }
}

function toStored(hash: string | undefined): string {
  if (hash === undefined) return noPassword;
  try {
    parseForeignHash(hash);
    return storeForeignHash(hash.trim());
  } catch (error) {
    if (error instanceof UnusableHash) throw new BadLine(`password_hash: ${error.message}`);
    throw error;
  }
}

/** Zod's own message about unknown keys quotes them, and a key may hold anything: a hash, or what moves a cursor. */
function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(describeUnknownKey).join('; ');
  const { path, message } = issue;
  return path.length > 0 ? `${path.join('.')}: ${message}` : message;
}

function describeUnknownKey(key: string): string {
  const fold = (name: string) => name.replaceAll(/[_-]/g, '').toLowerCase();
  const meant = Object.keys(UserLine.shape).find((known) => fold(known) === fold(key));
  if (meant) return `a key must be spelt ${meant}`;
  return `a key is unknown: the keys are ${Object.keys(UserLine.shape).join(', ')}`;
}
