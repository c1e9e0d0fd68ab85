import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { KeyRing } from '../secrets/key-ring.js';
import { decodeRefreshToken } from './refresh-token.js';
import type { SessionState, Verdict } from './rotation.js';
import { judge } from './rotation.js';
import type { SessionWithUser } from './session-rows.js';
import { SessionRows } from './session-rows.js';

export interface InspectedRefreshToken {
  session: SessionState & SessionWithUser;
  /** What a refresh by the session's own client would come to right now. */
  verdict: Verdict;
}

/** Looks at refresh tokens without using them: nothing rotates, and what would be `reuse` revokes nothing. */
@Injectable()
export class RefreshTokenInspection {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly rows: SessionRows,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Undefined for what is no refresh token of ours, without a query, and for one whose session is gone. */
  async inspect(refreshToken: unknown): Promise<InspectedRefreshToken | undefined> {
    const token = decodeRefreshToken(refreshToken, this.keyRing);
    const session = token && (await this.rows.read(token));
    if (!session) return undefined;
    return { session, verdict: judge(session, token, session.clientId, this.config.sessions, this.keyRing) };
  }
}
