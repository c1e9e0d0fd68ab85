import { Inject, Injectable } from '@nestjs/common';
import { timeInWords } from '../common/time-in-words.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { equalBytes } from '../secrets/bytes.js';
import { KeyRing } from '../secrets/key-ring.js';
import type { TokenProblem, TokenReport } from '../tokens/token-report.js';
import { malformedToken } from '../tokens/token-report.js';
import type { RefreshToken } from './refresh-token.js';
import { decodeRefreshToken, hashOf, refreshTokenShape } from './refresh-token.js';
import type { SessionState, Verdict } from './rotation.js';
import { judge } from './rotation.js';
import type { SessionWithUser } from './session-rows.js';
import { SessionRows } from './session-rows.js';

export interface InspectedRefreshToken {
  session: SessionState & SessionWithUser;
  /** What a refresh by the session's own client would come to right now. */
  verdict: Verdict;
}

/** Looks at refresh tokens without using them: nothing rotates, and a token that would be `reuse` revokes nothing. */
@Injectable()
export class RefreshTokenInspection {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly rows: SessionRows,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Returns undefined if the token is not ours, without a query, or if its session is gone. */
  async inspect(refreshToken: unknown): Promise<InspectedRefreshToken | undefined> {
    const token = decodeRefreshToken(refreshToken, this.keyRing);
    const session = token && (await this.rows.read(token));
    if (!session) return undefined;
    return { session, verdict: judge(session, token, session.clientId, this.config.sessions, this.keyRing) };
  }
}

/** What the next refresh with the token would do. Inspecting does none of it. */
const outlook: Record<Verdict, string> = {
  rotate: 'would give the next token',
  hold: 'would give the same token back, with a new access token: it was just created',
  replay: 'would give the same child again: the response with it was lost, or is under way',
  recover: 'would give a new child: the last one was never used',
  reuse: 'would be treated as theft, and end the session',
  invalid: 'would be refused: it belongs to another client',
  revoked: 'would be refused: the session has ended',
  expired: 'would be refused: the session has expired',
  ahead: 'would be refused: it is newer than the session’s row, as after a restored backup',
  unavailable: 'would be answered 503: the session was rotated under an AUTH_SECRET value that is not set here',
};

const problems: Partial<Record<Verdict, TokenProblem>> = {
  reuse: { code: 'stale', message: 'It was used before, and so was its child: presenting it ends the session.' },
  revoked: { code: 'revoked', message: 'Its session has ended, or its user is disabled.' },
  expired: { code: 'expired', message: 'Its session has expired, by its end or by being idle.' },
  ahead: { code: 'ahead', message: 'It is newer than its session’s row: the database lost commits, or was restored.' },
  unavailable: {
    code: 'unknown_secret',
    message: 'Its session was rotated under an AUTH_SECRET value that is not set here.',
  },
};

/** Reports what a refresh token's tag and its session's row say. Pure. Contains neither the secret nor a hash of it. */
export function describeRefreshToken(
  text: string,
  inspected: InspectedRefreshToken | undefined,
  keyRing: KeyRing,
): TokenReport {
  if (!refreshTokenShape.test(text))
    return malformedToken('It begins like a refresh token, but characters are missing or wrong.');
  const keyId = Buffer.from(text.slice(text.indexOf('_') + 1), 'base64url').subarray(0, 4);
  const token = decodeRefreshToken(text, keyRing);
  const tag = {
    'tagged under': describeSecret(keyId, keyRing),
    tag: token ? 'good' : keyRing.find(keyId) ? 'bad' : 'not checked',
  };
  if (!token) return refused({ tag }, undecodable(tag.tag === 'bad'));
  const sections = {
    token: { user_id: token.userId, session_id: token.sessionId, generation: token.generation },
    tag,
  };
  if (!inspected) return refused(sections, { code: 'unknown_session', message: 'Its session is not in the database.' });

  const { session, verdict } = inspected;
  const problem = problems[verdict];
  return {
    kind: 'refresh token',
    good: !problem,
    problems: problem ? [problem] : [],
    sections: {
      ...sections,
      session: describeSession(inspected, keyRing),
      state: {
        'this token is': relation(token, inspected),
        'a refresh with it': outlook[verdict],
        at: when(session.readAt),
      },
    },
  };
}

function undecodable(tagIsBad: boolean): TokenProblem {
  return tagIsBad
    ? { code: 'bad_signature', message: 'Its tag is wrong: the token was changed, or forged.' }
    : { code: 'unknown_secret', message: 'It was created under an AUTH_SECRET value that is not set here.' };
}

function refused(sections: TokenReport['sections'], problem: TokenProblem): TokenReport {
  return { kind: 'refresh token', good: false, problems: [problem], sections };
}

function describeSession({ session }: InspectedRefreshToken, keyRing: KeyRing): Record<string, unknown> {
  const { readAt, rotatedAt, seenAt, expiresAt, revokedAt, keyId } = session;
  return {
    client_id: session.clientId,
    'signed in': `${when(session.authenticatedAt, readAt)} (${session.methods.join(' ')})`,
    generation: session.generation,
    'last rotated': rotatedAt ? when(rotatedAt, readAt) : 'never',
    'last used': when(seenAt, readAt),
    ends: when(expiresAt, readAt),
    ...(revokedAt && { ended: when(revokedAt, readAt) }),
    ...(session.userDisabled && { user: 'disabled' }),
    'derived under': keyId ? describeSecret(keyId, keyRing) : 'none: it was never rotated',
  };
}

/** How the token relates to the session's current one. */
function relation(token: RefreshToken, { session, verdict }: InspectedRefreshToken): string {
  const hash = hashOf(token.secret);
  if (equalBytes(hash, session.tokenHash)) return 'the current one';
  if (session.siblingHash && equalBytes(hash, session.siblingHash))
    return 'a sibling of the current one: a recovery displaced it';
  if (verdict === 'replay' || verdict === 'recover') return 'the parent of the current one';
  return token.generation > session.generation ? 'ahead of the session' : 'an earlier one';
}

/** Names a value of AUTH_SECRET by its place in the list. */
function describeSecret(keyId: Uint8Array, keyRing: KeyRing): string {
  const place = keyRing.ids.findIndex((id) => equalBytes(id, keyId)) + 1;
  return place > 0
    ? `AUTH_SECRET value ${place} of ${keyRing.ids.length}`
    : 'an AUTH_SECRET value that is not set here';
}

function when(instant: Date, now?: Date): string {
  const text = instant.toISOString().replace(/\.\d{3}Z$/, 'Z');
  return now ? `${text}, ${timeInWords(instant, now)}` : text;
}
