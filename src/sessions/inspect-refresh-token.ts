import { timeInWords } from '../common/time-in-words.js';
import { equalBytes } from '../secrets/bytes.js';
import type { KeyRing } from '../secrets/key-ring.js';
import type { TokenProblem, TokenReport } from '../tokens/token-report.js';
import { malformedToken } from '../tokens/token-report.js';
import type { RefreshToken } from './refresh-token.js';
import { decodeRefreshToken, hashOf } from './refresh-token.js';
import type { InspectedRefreshToken } from './refresh-token-inspection.js';
import type { Verdict } from './rotation.js';

const shape = /^pwl1_[A-Za-z0-9_-]{128}$/;

/** What the next refresh with it would come to; nothing of it happens by looking. */
const outlook: Record<Verdict, string> = {
  rotate: 'would give the next token',
  hold: 'would be given back as it is, with a fresh access token: it was just made',
  replay: 'would be answered with the same child again: the answer to it was lost, or is under way',
  recover: 'would be given a new child: the last one was never used',
  reuse: 'would be taken for theft, and end the session',
  invalid: 'would be refused: it belongs to another client',
  revoked: 'would be refused: the session has ended',
  expired: 'would be refused: the session has expired',
  ahead: 'would be refused: it is newer than the session’s row, as after a restored backup',
  unavailable: 'would be answered 503: the session was rotated under an AUTH_SECRET value that is not set here',
};

const problems: Partial<Record<Verdict, TokenProblem>> = {
  reuse: { code: 'stale', message: 'It was used before, and its child too: presenting it ends the session.' },
  revoked: { code: 'revoked', message: 'Its session has ended, or its user is disabled.' },
  expired: { code: 'expired', message: 'Its session has expired, by its end or by being idle.' },
  ahead: { code: 'ahead', message: 'It is newer than its session’s row: the database lost commits, or was restored.' },
  unavailable: {
    code: 'unknown_secret',
    message: 'Its session was rotated under an AUTH_SECRET value that is not set here.',
  },
};

/** Tells of a refresh token what its tag and its session's row tell. Pure; never its secret, nor a hash of it. */
export function describeRefreshToken(
  text: string,
  inspected: InspectedRefreshToken | undefined,
  keyRing: KeyRing,
): TokenReport {
  if (!shape.test(text))
    return malformedToken('It begins like a refresh token and is not one: characters are missing or wrong.');
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
    ? { code: 'bad_signature', message: 'Its tag is not ours: it was changed, or somebody else made it.' }
    : { code: 'unknown_secret', message: 'It was made under an AUTH_SECRET value that is not set here.' };
}

function refused(sections: TokenReport['sections'], problem: TokenProblem): TokenReport {
  return { kind: 'refresh token', good: false, problems: [problem], sections };
}

function describeSession({ session }: InspectedRefreshToken, keyRing: KeyRing): Record<string, unknown> {
  const { readAt, rotatedAt, seenAt, expiresAt, revokedAt, keyId } = session;
  return {
    client_id: session.clientId,
    generation: session.generation,
    'last rotated': rotatedAt ? when(rotatedAt, readAt) : 'never',
    'last used': when(seenAt, readAt),
    ends: when(expiresAt, readAt),
    ...(revokedAt && { ended: when(revokedAt, readAt) }),
    ...(session.userDisabled && { user: 'disabled' }),
    'hangs on': keyId ? describeSecret(keyId, keyRing) : 'no AUTH_SECRET value yet: it was never rotated',
  };
}

/** Where the token stands in the session's line of children. */
function relation(token: RefreshToken, { session, verdict }: InspectedRefreshToken): string {
  const hash = hashOf(token.secret);
  if (equalBytes(hash, session.tokenHash)) return 'the current one';
  if (session.siblingHash && equalBytes(hash, session.siblingHash))
    return 'a sibling of the current one: a recovery displaced it';
  if (verdict === 'replay' || verdict === 'recover') return 'the parent of the current one';
  return token.generation > session.generation ? 'ahead of the session' : 'an earlier one';
}

/** Which value of AUTH_SECRET, by its place in the list; the id tells nothing about the value. */
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
