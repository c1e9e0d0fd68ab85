import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import { PrismaService } from '../database/prisma.service.js';
import type { OwnUserRow } from '../users/user.schema.js';
import { UsersService } from '../users/users.service.js';
import type { UpdateMeBody } from './profile.schema.js';

/** The signed-in user's own profile. Throws `token_revoked` if the user was deleted. */
@Injectable()
export class Profile {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly audit: AuditLog,
  ) {}

  async find(userId: string): Promise<OwnUserRow> {
    return (await this.users.findOwn(userId)) ?? throwUserDeleted();
  }

  async update(userId: string, changes: UpdateMeBody, ip: string): Promise<OwnUserRow> {
    return this.db.$transaction(async (tx) => {
      const { user, nameBefore } = (await this.users.updateProfile(userId, changes, tx)) ?? throwUserDeleted();
      if (user.name !== nameBefore) {
        await this.audit.record({ event: 'user.renamed', actorUserId: userId, subjectUserId: userId, ip }, tx);
      }
      return user;
    });
  }
}

function throwUserDeleted(): never {
  throw new ApiError('token_revoked', 'the user was deleted');
}
