import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import type { Page, PageQuery } from '../common/pagination.js';
import { toPage } from '../common/pagination.js';
import { Prisma } from '../database/generated/client.js';
import { PreparedStatement } from '../database/prepared-statement.js';
import { PrismaService } from '../database/prisma.service.js';
import { selectList } from '../database/select-list.js';
import { deleteDependentRows } from './dependent-rows.js';
import type { AdminUserRow, OwnUserRow, UserRow } from './user.schema.js';
import { adminUserColumns, ownUserColumns, userColumns } from './user.schema.js';
import type { UserFilter } from './user-search.js';
import { searchUsers } from './user-search.js';

const credentialColumns = {
  ...userColumns,
  passwordHash: true,
  epoch: true,
  disabled: true,
  locale: true,
  lastSignInAt: true,
  secondFactor: true,
} as const;

/** What a sign-in needs to know about a user. */
export interface Credentials extends UserRow {
  passwordHash: string;
  epoch: number;
  disabled: boolean;
  /** The language the user chose for emails; null if none was chosen. */
  locale: string | null;
  lastSignInAt: Date | null;
  /** One factor is not enough to sign in. */
  secondFactor: boolean;
}

/** What decides whether and in which language a user gets an email. */
export interface EmailReader {
  id: string;
  /** The language the user chose; null if none was chosen. */
  locale: string | null;
  emailVerified: boolean;
  disabled: boolean;
}

export interface LockedUser {
  id: string;
  email: string;
  emailVerified: boolean;
  role: string;
}

export interface NewUser {
  email: string;
  passwordHash: string;
  name?: string;
  role: string;
  emailVerified?: boolean;
}

const ownUser = new PreparedStatement<{ id: string }, OwnUserRow>(
  ({ id }) => Prisma.sql`SELECT ${selectList(ownUserColumns)} FROM users WHERE id = ${id}::uuid`,
);

/** Reads and writes single users. Methods that take `db` can be part of the caller's transaction. */
@Injectable()
export class UsersService {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
  ) {}

  findCredentialsByEmail(email: string): Promise<Credentials | null> {
    return this.db.user.findUnique({ where: { email }, select: credentialColumns });
  }

  findCredentialsById(id: string): Promise<Credentials | null> {
    return this.db.user.findUnique({ where: { id }, select: credentialColumns });
  }

  /** Prepared, because every page of a signed-in user asks for it. Returns undefined if the user does not exist. */
  async findOwn(id: string): Promise<OwnUserRow | undefined> {
    const [user] = await this.db.queryDirect(ownUser, { id });
    return user;
  }

  findByEmail(email: string, db: Prisma.TransactionClient = this.db): Promise<UserRow | null> {
    return db.user.findUnique({ where: { email }, select: userColumns });
  }

  findForAdmin(
    where: { id: string } | { email: string },
    db: Prisma.TransactionClient = this.db,
  ): Promise<AdminUserRow | null> {
    return db.user.findUnique({ where, select: adminUserColumns });
  }

  findEmailReader(where: { id: string } | { email: string }): Promise<EmailReader | null> {
    const columns = { id: true, locale: true, emailVerified: true, disabled: true } as const;
    return this.db.user.findUnique({ where, select: columns });
  }

  /** Also what the API does not show otherwise. */
  findForExport(id: string): Promise<(AdminUserRow & { locale: string | null }) | null> {
    return this.db.user.findUnique({ where: { id }, select: { ...adminUserColumns, locale: true } });
  }

  /** Newest first. With `search`, only users that `searchUsers` finds. */
  async pageForAdmin({
    search,
    cursor,
    limit,
    ...filter
  }: PageQuery & UserFilter & { search?: string }): Promise<Page<AdminUserRow>> {
    const rows =
      search === undefined
        ? await this.db.user.findMany({
            where: { ...filter, id: { lt: cursor } },
            orderBy: { id: 'desc' },
            take: limit + 1,
            select: adminUserColumns,
          })
        : await searchUsers(search, { cursor, limit: limit + 1, ...filter }, this.db);
    return toPage(rows, limit);
  }

  /** Returns null if the email address is taken, even by a concurrent request: one statement with ON CONFLICT DO NOTHING. */
  async createUnlessTaken(user: NewUser, db: Prisma.TransactionClient = this.db): Promise<AdminUserRow | null> {
    const [created] = await db.user.createManyAndReturn({
      data: [{ id: newId(), ...user, createdAt: this.clock.now() }],
      skipDuplicates: true,
      select: adminUserColumns,
    });
    return created ?? null;
  }

  /**
   * Gives an account that nobody has claimed another password and name: registered, but never confirmed or signed in to. An
   * account with the stored password `invited` keeps both, as its owner was invited to choose one.
   */
  async replaceUnclaimed(
    { email, passwordHash, name }: NewUser,
    { except, invited }: { except: string | undefined; invited: string },
    db: Prisma.TransactionClient,
  ): Promise<void> {
    await db.user.updateMany({
      where: {
        email,
        id: { not: except },
        passwordHash: { not: invited },
        role: 'user',
        emailVerified: false,
        disabled: false,
        lastSignInAt: null,
      },
      data: { passwordHash, name: name ?? null },
    });
  }

  /** Returns the user after the change and the name before it; undefined if the user does not exist. */
  async updateProfile(
    id: string,
    changes: { name?: string | null; locale?: string | null },
    db: Prisma.TransactionClient,
  ): Promise<{ user: OwnUserRow; nameBefore: string | null } | undefined> {
    const [before] = await db.$queryRaw<{ name: string | null }[]>`
      SELECT name FROM users WHERE id = ${id}::uuid FOR UPDATE`;
    if (!before) return undefined;
    const user = await db.user.update({ where: { id }, data: changes, select: ownUserColumns });
    return { user, nameBefore: before.name };
  }

  /** For a user that exists. `raiseEpoch` as in the method of that name. */
  async updateForAdmin(
    id: string,
    { raiseEpoch, ...changes }: { role?: string; disabled?: boolean; name?: string | null; raiseEpoch: boolean },
    db: Prisma.TransactionClient,
  ): Promise<{ user: AdminUserRow; epoch: number }> {
    const { epoch, ...user } = await db.user.update({
      where: { id },
      data: { ...changes, epoch: { increment: raiseEpoch ? 1 : 0 } },
      select: { ...adminUserColumns, epoch: true },
    });
    return { user, epoch };
  }

  /**
   * Raises the epoch, so that every access token issued before can be refused. The row stays locked until the transaction
   * ends, so no sign-in or refresh issues a token of the old epoch meanwhile. Returns undefined if the user does not exist
   * or, with `passwordHash`, has another one.
   */
  async raiseEpoch(
    where: { id: string; passwordHash?: string },
    db: Prisma.TransactionClient,
  ): Promise<{ epoch: number; email: string; role: string; disabled: boolean } | undefined> {
    const [user] = await db.user.updateManyAndReturn({
      where,
      data: { epoch: { increment: 1 } },
      select: { epoch: true, email: true, role: true, disabled: true },
    });
    return user;
  }

  /**
   * Locks the user's row until the transaction ends. Lock it before rows that belong to the user, so that there is one order.
   * Returns undefined if the user does not exist.
   */
  async lock(id: string, db: Prisma.TransactionClient): Promise<LockedUser | undefined> {
    const [user] = await db.$queryRaw<LockedUser[]>`
      SELECT id, email, email_verified AS "emailVerified", role FROM users WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
    return user;
  }

  /** Whether one factor is not enough to sign in. */
  async hasSecondFactor(id: string): Promise<boolean> {
    const user = await this.db.user.findUnique({ where: { id }, select: { secondFactor: true } });
    return user?.secondFactor ?? false;
  }

  /** For a user that exists: whether one factor is no longer enough to sign in. */
  async setSecondFactor(id: string, secondFactor: boolean, db: Prisma.TransactionClient): Promise<void> {
    await db.user.update({ where: { id }, data: { secondFactor }, select: { id: true } });
  }

  /**
   * Whether the user still has this address, has proven it and is enabled. It stays so until the transaction ends. With
   * FOR NO KEY UPDATE, so that two such transactions of one user wait for each other.
   */
  async lockIfProven(id: string, email: string, db: Prisma.TransactionClient): Promise<boolean> {
    const found = await db.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${id}::uuid AND email = ${email} AND email_verified AND NOT disabled
      FOR NO KEY UPDATE`;
    return found.length === 1;
  }

  /** Whether the stored hash is this one. It stays so until the transaction ends. */
  async hasPasswordHash(id: string, passwordHash: string, db: Prisma.TransactionClient): Promise<boolean> {
    const found = await db.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${id}::uuid AND password_hash = ${passwordHash} FOR SHARE`;
    return found.length === 1;
  }

  /** Returns false if the stored hash is not `provenHash`: it was replaced since the password was checked. */
  async replacePassword(
    id: string,
    { provenHash, passwordHash }: { provenHash: string; passwordHash: string },
    db: Prisma.TransactionClient,
  ): Promise<boolean> {
    const { count } = await db.user.updateMany({ where: { id, passwordHash: provenHash }, data: { passwordHash } });
    return count === 1;
  }

  /** For a user that exists and has just proven to read the mailbox: also confirms the address. Returns the raised epoch. */
  async resetPassword(id: string, passwordHash: string, db: Prisma.TransactionClient): Promise<number> {
    const { epoch } = await db.user.update({
      where: { id },
      data: { passwordHash, emailVerified: true, epoch: { increment: 1 } },
      select: { epoch: true },
    });
    return epoch;
  }

  /** Returns false if the address was confirmed before. */
  async confirmEmail(id: string, db: Prisma.TransactionClient): Promise<boolean> {
    const { count } = await db.user.updateMany({ where: { id, emailVerified: false }, data: { emailVerified: true } });
    return count === 1;
  }

  /** Gives an existing user another address, which counts as confirmed. Violates `users_email_key` if it is taken. */
  async replaceEmail(id: string, email: string, db: Prisma.TransactionClient): Promise<void> {
    await db.user.update({ where: { id }, data: { email, emailVerified: true }, select: { id: true } });
  }

  /** Deletes an existing user with everything that belongs to them. */
  async deleteUser(id: string, db: Prisma.TransactionClient): Promise<void> {
    await deleteDependentRows(id, db);
    await db.user.delete({ where: { id }, select: { id: true } });
  }
}
