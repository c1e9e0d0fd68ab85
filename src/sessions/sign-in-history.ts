import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';

/** Old sessions are deleted (session-cleanup.ts), so nearly everybody has fewer. */
const newestSessions = 500;

/** What is known about earlier sign-ins: the sessions that are still stored. */
@Injectable()
export class SignInHistory {
  constructor(private readonly db: PrismaService) {}

  /** Whether one of the user's other sessions came from a client with this `User-Agent`. Looks at the newest ones. */
  async hasUsed(userId: string, userAgent: string | null, exceptSessionId: string): Promise<boolean> {
    const [found] = await this.db.$queryRaw<[{ used: boolean }]>`
      SELECT EXISTS (
        SELECT FROM (
          SELECT user_agent FROM sessions WHERE user_id = ${userId}::uuid AND id <> ${exceptSessionId}::uuid
          ORDER BY id DESC LIMIT ${newestSessions}::int) newest
        WHERE user_agent IS NOT DISTINCT FROM ${userAgent}) AS used`;
    return found.used;
  }
}
