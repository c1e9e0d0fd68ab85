import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Prisma } from '../database/generated/client.js';
import { databaseNow } from '../database/now.js';
import { PrismaService } from '../database/prisma.service.js';
import type { AuthenticationMethod } from '../tokens/authentication.js';
import type { SessionWithUser } from './session-rows.js';
import { sessionWithUserColumns } from './session-rows.js';

interface SessionKey {
  userId: string;
  sessionId: string;
}

/** Changes what a live session says about the sign-in: `auth_time` and `amr`. The next access token says it too. */
@Injectable()
export class SessionAssurance {
  constructor(
    private readonly db: PrismaService,
    private readonly clock: Clock,
  ) {}

  /** After its user has proven something more. Returns undefined if the session is not live. */
  async raise(
    { userId, sessionId }: SessionKey,
    methods: readonly AuthenticationMethod[],
    authenticatedAt: Date,
    db: Pick<Prisma.TransactionClient, '$queryRaw'> = this.db,
  ): Promise<SessionWithUser | undefined> {
    const [session] = await db.$queryRaw<SessionWithUser[]>`
      UPDATE sessions s
      SET auth_time = ${authenticatedAt}::timestamptz,
        amr = s.amr || ARRAY(SELECT m FROM unnest(${[...methods]}::text[]) m WHERE m <> ALL (s.amr))
      FROM users u
      WHERE s.user_id = ${userId}::uuid AND s.id = ${sessionId}::uuid AND u.id = s.user_id AND NOT u.disabled
        AND s.revoked_at IS NULL AND s.expires_at > ${databaseNow(this.clock)}
      RETURNING ${sessionWithUserColumns}`;
    return session;
  }

  /** After the last second factor of its user was removed: a role that requires one is not satisfied with what was. */
  async lower({ userId, sessionId }: SessionKey, db: Pick<Prisma.TransactionClient, '$executeRaw'>): Promise<void> {
    await db.$executeRaw`
      UPDATE sessions SET amr = array_remove(array_remove(amr, 'mfa'), 'user')
      WHERE user_id = ${userId}::uuid AND id = ${sessionId}::uuid`;
  }
}
