import { ApiError } from '../common/errors.js';
import { advisoryLocks } from '../database/advisory-locks.js';
import type { Prisma } from '../database/generated/client.js';

export function isEnabledAdmin({ role, disabled }: { role: string; disabled: boolean }): boolean {
  return role === 'admin' && !disabled;
}

/** Waits for other transactions with this lock, and holds it until the transaction ends: they change who is an admin. */
export async function lockAdmins(db: Prisma.TransactionClient): Promise<void> {
  await db.$executeRaw`SELECT pg_advisory_xact_lock(${advisoryLocks.admins}::bigint)`;
}

/** Whether any admin exists, enabled or disabled. */
export async function hasAdmin(db: Prisma.TransactionClient): Promise<boolean> {
  return (await db.user.findFirst({ where: { role: 'admin' }, select: { id: true } })) !== null;
}

/** Whether an enabled admin remains without this user. The caller holds the lock. */
export async function hasAnotherAdmin(db: Prisma.TransactionClient, userId: string): Promise<boolean> {
  const where = { role: 'admin', disabled: false, id: { not: userId } };
  return (await db.user.findFirst({ where, select: { id: true } })) !== null;
}

/** Throws `last_admin` unless an enabled admin remains without this user. The caller holds the lock. */
export async function assertAnotherAdmin(db: Prisma.TransactionClient, userId: string): Promise<void> {
  if (!(await hasAnotherAdmin(db, userId))) throw new ApiError('last_admin');
}
