import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';

/** What is known about earlier sign-ins: the sessions that are still stored. */
@Injectable()
export class SignInHistory {
  constructor(private readonly db: PrismaService) {}

  /** Whether the user has another session from a client with this `User-Agent`. */
  async hasUsed(userId: string, userAgent: string | null, exceptSessionId: string): Promise<boolean> {
    const other = await this.db.session.findFirst({
      where: { userId, userAgent, id: { not: exceptSessionId } },
      select: { id: true },
    });
    return other !== null;
  }
}
