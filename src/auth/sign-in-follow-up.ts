import { Injectable } from '@nestjs/common';
import type { ClientInfo } from '../common/client-info.js';
import { SessionLimits } from '../sessions/session-limits.js';
import type { SignInNotified, SignInSigns } from './sign-in-notices.js';
import { SignInNotices } from './sign-in-notices.js';

/** What follows the start of a session, once it is committed: the session limit, and the notice to the user. */
@Injectable()
export class SignInFollowUp {
  constructor(
    private readonly limits: SessionLimits,
    private readonly notices: SignInNotices,
  ) {}

  /** `user` is the state before the sign-in. */
  async run(
    user: SignInNotified,
    { sessionId, userAgent }: { sessionId: string; userAgent: ClientInfo['userAgent'] },
    signs: SignInSigns | undefined,
  ): Promise<void> {
    await this.limits.enforce(user.id);
    if (signs) await this.notices.notify(user, { sessionId, userAgent }, signs);
  }
}
