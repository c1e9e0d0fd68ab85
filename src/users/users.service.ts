import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import type { Page, PageQuery } from '../common/pagination.js';
import { toPage } from '../common/pagination.js';
import type { Prisma } from '../database/generated/client.js';
import { PrismaService } from '../database/prisma.service.js';
import type { AdminUserRow, UserRow } from './user.schema.js';
import { adminUserColumns, userColumns } from './user.schema.js';

/** What a sign-in needs to know of a user. */
const credentialColumns = { ...userColumns, passwordHash: true, epoch: true, disabled: true, locale: true } as const;

export interface Credentials extends UserRow {
  passwordHash: string;
  epoch: number;
  disabled: boolean;
  /** The language chosen for mails. */
  locale: string | null;
}

export interface NewUser {
  email: string;
  passwordHash: string;
  name?: string;
  role: string;
  emailVerified?: boolean;
}

/** The users table. Methods that take `db` can be part of a caller's transaction. */
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

  findById(id: string): Promise<UserRow | null> {
    return this.db.user.findUnique({ where: { id }, select: userColumns });
  }

  findByEmail(email: string, db: Prisma.TransactionClient = this.db): Promise<UserRow | null> {
    return db.user.findUnique({ where: { email }, select: userColumns });
  }

  findForAdmin(id: string, db: Prisma.TransactionClient = this.db): Promise<AdminUserRow | null> {
    return db.user.findUnique({ where: { id }, select: adminUserColumns });
  }

  /** Newest first. `email` is compared exactly. */
  async pageForAdmin({ email, cursor, limit }: PageQuery & { email?: string }): Promise<Page<AdminUserRow>> {
    const rows = await this.db.user.findMany({
      where: { email, id: { lt: cursor } },
      orderBy: { id: 'desc' },
      take: limit + 1,
      select: adminUserColumns,
    });
    return toPage(rows, limit);
  }

  /** False when it was verified before. */
  async verifyEmail(id: string, db: Prisma.TransactionClient): Promise<boolean> {
    const { count } = await db.user.updateMany({ where: { id, emailVerified: false }, data: { emailVerified: true } });
    return count === 1;
  }

  /** Null when the address is taken, also for the loser of a race: one statement with ON CONFLICT DO NOTHING. */
  async createUnlessTaken(user: NewUser, db: Prisma.TransactionClient = this.db): Promise<AdminUserRow | null> {
    const [created] = await db.user.createManyAndReturn({
      data: [{ id: newId(), ...user, createdAt: this.clock.now() }],
      skipDuplicates: true,
      select: adminUserColumns,
    });
    return created ?? null;
  }
}
