import type { Clock } from '../common/clock.js';
import type { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import type { AdminUserRow } from './user.schema.js';
import { adminUserColumns } from './user.schema.js';

/** A user with an id and a stored password from elsewhere. Instants are ISO 8601. */
export interface ImportableUser {
  id: string;
  email: string;
  name: string | null;
  role: string;
  emailVerified: boolean;
  passwordHash: string;
  disabled: boolean;
  /** Undefined means now. */
  createdAt: string | undefined;
  lastSignInAt: string | null;
  /** One factor is not enough to sign in. */
  secondFactor: boolean;
}

/** Inserts users in one statement. Skips every user whose id or email address is taken; returns those inserted. */
export function insertUsers(
  users: readonly ImportableUser[],
  clock: Clock,
  db: Prisma.TransactionClient,
): Promise<{ id: string; email: string }[]> {
  return db.$queryRaw`
    INSERT INTO users (id, email, name, role, email_verified, password_hash, disabled, created_at, last_sign_in_at,
      second_factor)
    SELECT id, email, name, role, "emailVerified", "passwordHash", disabled,
      coalesce("createdAt", ${databaseNow(clock)}), "lastSignInAt", "secondFactor"
    FROM jsonb_to_recordset(${JSON.stringify(users)}::jsonb) AS r (id uuid, email text, name text, role text,
      "emailVerified" boolean, "passwordHash" text, disabled boolean, "createdAt" timestamptz,
      "lastSignInAt" timestamptz, "secondFactor" boolean)
    ON CONFLICT DO NOTHING RETURNING id::text, email`;
}

/** Those of the addresses that belong to a user. */
export async function findTakenEmails(emails: string[], db: Prisma.TransactionClient): Promise<Set<string>> {
  const taken = await db.user.findMany({ where: { email: { in: emails } }, select: { email: true } });
  return new Set(taken.map(({ email }) => email));
}

/** Up to `limit` users in the order of their ids, with their stored passwords. */
export function readUsersAfter(
  id: string | undefined,
  limit: number,
  db: Prisma.TransactionClient,
): Promise<(AdminUserRow & { passwordHash: string })[]> {
  return db.user.findMany({
    where: { id: { gt: id } },
    orderBy: { id: 'asc' },
    take: limit,
    select: { ...adminUserColumns, passwordHash: true },
  });
}
