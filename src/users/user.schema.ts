import { z } from 'zod';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';
import { Locale, storedLocale } from '../common/locale.js';
import { EmailAddress } from './email.js';

export const maxNameCharacters = 200;

/** The name of a person: trimmed, 1 to 200 characters. */
export const DisplayName = z.string().trim().min(1).max(maxNameCharacters).meta({ example: 'Ada Lovelace' });

/** A user as that user sees it. */
export const UserView = z
  .object({
    id: Id,
    email: EmailAddress,
    name: DisplayName.nullable(),
    role: z.string().meta({ example: 'user' }),
    email_verified: z.boolean().meta({ description: 'True once the owner has confirmed the address.', example: false }),
    created_at: Instant,
  })
  .meta({ id: 'User' });

export type UserView = z.infer<typeof UserView>;

/** The signed-in user's own profile. */
export const OwnUserView = UserView.extend({
  locale: Locale.nullable().meta({
    description: 'The language chosen for emails; null for the language of the browser.',
  }),
}).meta({ id: 'Me' });

export type OwnUserView = z.infer<typeof OwnUserView>;

/** A user as admins see it. */
export const AdminUserView = UserView.extend({
  disabled: z.boolean().meta({ description: 'A disabled user can neither sign in nor refresh.', example: false }),
  last_sign_in_at: Instant.nullable().meta({ description: 'Null before the first sign-in.' }),
  second_factor: z.boolean().meta({ description: 'Whether a sign-in asks for a second factor.', example: false }),
}).meta({ id: 'AdminUser' });

export type AdminUserView = z.infer<typeof AdminUserView>;

/** The columns that `toUserView` needs. */
export const userColumns = {
  id: true,
  email: true,
  name: true,
  role: true,
  emailVerified: true,
  createdAt: true,
} as const;

/** The columns that `toOwnUserView` needs. */
export const ownUserColumns = { ...userColumns, locale: true, disabled: true } as const;

/** The columns that `toAdminUserView` needs. */
export const adminUserColumns = { ...userColumns, disabled: true, lastSignInAt: true, secondFactor: true } as const;

export interface UserRow {
  id: string;
  email: string;
  name: string | null;
  role: string;
  emailVerified: boolean;
  createdAt: Date;
}

export interface OwnUserRow extends UserRow {
  locale: string | null;
  disabled: boolean;
}

export interface AdminUserRow extends UserRow {
  disabled: boolean;
  lastSignInAt: Date | null;
  secondFactor: boolean;
}

export function toUserView(row: UserRow): UserView {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    email_verified: row.emailVerified,
    created_at: row.createdAt.toISOString(),
  };
}

export function toOwnUserView(row: OwnUserRow): OwnUserView {
  return { ...toUserView(row), locale: storedLocale(row.locale) ?? null };
}

export function toAdminUserView(row: AdminUserRow): AdminUserView {
  return {
    ...toUserView(row),
    disabled: row.disabled,
    last_sign_in_at: row.lastSignInAt?.toISOString() ?? null,
    second_factor: row.secondFactor,
  };
}
