import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { StorableInstant } from '../../common/instant.js';
import { UnusableHash } from '../../passwords/foreign/unusable-hash.js';
import { parseForeignHash } from '../../passwords/foreign-hash.js';
import { exportedHash, noPassword, storeForeignHash } from '../../passwords/stored-password.js';
import { EmailAddress } from '../../users/email.js';
import type { AdminUserRow } from '../../users/user.schema.js';
import { DisplayName } from '../../users/user.schema.js';

export const maxLineBytes = 64 * 1024;

/** PostgreSQL cannot store U+0000, nor UTF-8 a lone surrogate. */
const wellFormed = (text: string) => !text.includes('\0') && text.isWellFormed();

/** A line of NDJSON: one user, as `export` writes and `import` reads it. */
const UserLine = z.strictObject({
  email: EmailAddress,
  password_hash: z.string().nullable().default(null),
  id: z.guid().toLowerCase().optional(),
  name: DisplayName.refine(wellFormed, 'must be well-formed Unicode without U+0000').nullable().default(null),
  role: z.string().default('user'),
  email_verified: z.boolean().default(false),
  disabled: z.boolean().default(false),
  created_at: StorableInstant.optional(),
  last_sign_in_at: StorableInstant.nullable().default(null),
});

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
}

/** Why a line cannot be taken, in words for the operator that quote nothing of it. */
export class BadLine extends Error {
  override readonly name = 'BadLine';
}

/** Throws BadLine. */
export function readUserLine(bytes: Buffer | undefined, roles: readonly string[]): ImportedUser {
  if (!bytes) throw new BadLine(`longer than ${maxLineBytes} bytes`);
  if (!isUtf8(bytes)) throw new BadLine('not UTF-8');
  const { data, error } = UserLine.safeParse(parseJson(bytes.toString()));
  if (!data) throw new BadLine(error.issues.map(describeIssue).join('; '));
  if (!roles.includes(data.role)) throw new BadLine(`role: must be one of ${roles.join(', ')}`);
  return {
    email: data.email,
    passwordHash: toStored(data.password_hash),
    id: data.id,
    name: data.name,
    role: data.role,
    emailVerified: data.email_verified,
    disabled: data.disabled,
    createdAt: data.created_at,
    lastSignInAt: data.last_sign_in_at,
  };
}

/** The hash only if the operator asked for it aloud. */
export function writeUserLine(user: AdminUserRow & { passwordHash: string }, withHash: boolean): string {
  return JSON.stringify({
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    email_verified: user.emailVerified,
    disabled: user.disabled,
    created_at: user.createdAt.toISOString(),
    last_sign_in_at: user.lastSignInAt?.toISOString() ?? null,
    ...(withHash && { password_hash: exportedHash(user.passwordHash) }),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's own words: they quote the line, and with it a hash.
    throw new BadLine('not JSON');
  }
}

function toStored(hash: string | null): string {
  if (hash === null) return noPassword;
  try {
    parseForeignHash(hash);
    return storeForeignHash(hash);
  } catch (error) {
    if (error instanceof UnusableHash) throw new BadLine(`password_hash: ${error.message}`);
    throw error;
  }
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  return path.length > 0 ? `${path.join('.')}: ${message}` : message;
}
