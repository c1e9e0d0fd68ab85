import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, refresh, register } from '../support/http.js';
import { holdRow, lineUp } from './line-up.js';
import {
  accessStatus,
  codeOf,
  granted,
  pastGraceSeconds,
  storedSession,
  tokensOf,
  verdictOf,
} from './refresh-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** What may be done to one row; each waits for the row when another holds it. */
type Move = 'current' | 'sibling' | 'parent' | 'parent on another lane' | 'grandparent' | 'logout';

/** What a move is answered: the verdict, or the code of the refusal, or 204. */
type Outcome = 'rotate' | 'hold' | 'replay' | 'recover' | 'refresh_reused' | 'session_revoked' | 'signed out';

const moves: readonly Move[] = ['current', 'sibling', 'parent', 'parent on another lane', 'grandparent', 'logout'];

/** What comes of two moves that PostgreSQL serves in this order: `expected[first]` is the outcomes of each second. */
const expected: Record<Move, { first: Outcome; second: Record<Move, Outcome> }> = {
  current: {
    first: 'rotate',
    second: {
      current: 'replay',
      sibling: 'refresh_reused',
      parent: 'refresh_reused',
      'parent on another lane': 'refresh_reused',
      grandparent: 'refresh_reused',
      logout: 'signed out',
    },
  },
  sibling: {
    first: 'rotate',
    second: {
      current: 'refresh_reused',
      sibling: 'replay',
      parent: 'refresh_reused',
      'parent on another lane': 'refresh_reused',
      grandparent: 'refresh_reused',
      logout: 'signed out',
    },
  },
  parent: {
    first: 'recover',
    second: {
      current: 'hold',
      // The second recovery displaces `current` and forgets the child that the first displaced.
      sibling: 'refresh_reused',
      parent: 'replay',
      'parent on another lane': 'recover',
      grandparent: 'refresh_reused',
      logout: 'signed out',
    },
  },
  'parent on another lane': {
    first: 'recover',
    second: {
      current: 'hold',
      sibling: 'refresh_reused',
      parent: 'recover',
      'parent on another lane': 'replay',
      grandparent: 'refresh_reused',
      logout: 'signed out',
    },
  },
  grandparent: {
    first: 'refresh_reused',
    second: {
      current: 'session_revoked',
      sibling: 'session_revoked',
      parent: 'session_revoked',
      'parent on another lane': 'session_revoked',
      grandparent: 'refresh_reused',
      logout: 'signed out',
    },
  },
  logout: {
    first: 'signed out',
    second: {
      current: 'session_revoked',
      sibling: 'session_revoked',
      parent: 'session_revoked',
      'parent on another lane': 'session_revoked',
      // It was judged before the sign-out was committed; there was nothing left to end.
      grandparent: 'refresh_reused',
      logout: 'signed out',
    },
  },
};

/** A session of which every kind of token exists, long out of the grace time. */
type Contested = Record<Exclude<Move, 'logout'>, Tokens>;

async function contestedSession(): Promise<Contested> {
  const wait = () => app.clock.advanceSeconds(pastGraceSeconds);
  const grandparent = await register(app);
  const parent = await granted(app, grandparent, 'rotate');
  const otherLane = await granted(app, grandparent, 'replay');
  wait();
  const sibling = await granted(app, parent, 'rotate');
  wait();
  const current = await granted(app, parent, 'recover');
  wait();
  return { grandparent, parent, 'parent on another lane': otherLane, sibling, current };
}

function make(move: Move, session: Contested): Promise<Answer> {
  if (move === 'logout') return call(app, 'POST', '/auth/logout', { token: session.current.access_token });
  return refresh(app, session[move].refresh_token);
}

function outcomeOf(response: Answer): string | null | undefined {
  if (response.status === 204) return 'signed out';
  return response.status === 200 ? verdictOf(response) : codeOf(response);
}

describe.each(moves)('on one row, %s and then', (first) => {
  it.each(moves)('%s', async (second) => {
    const session = await contestedSession();
    const held = await holdRow(app.db, 'sessions', session.current.session_id);

    const responses = await lineUp(app.db, held, [() => make(first, session), () => make(second, session)]);

    const outcomes = responses.map(outcomeOf);
    expect(outcomes).toEqual([expected[first].first, expected[first].second[second]]);
    const children = responses.filter(({ status }) => status === 200).map(tokensOf);
    if (children.length === responses.length) await expectLive(children);
    else await expectEnded([...Object.values(session), ...children]);
  });
});

/** Nobody was signed out: whatever was answered is good now, and one of them carries the session on. */
async function expectLive(children: Tokens[]): Promise<void> {
  for (const child of children) {
    await granted(app, child, 'hold');
    expect(await accessStatus(app, child)).toBe(200);
  }
  app.clock.advanceSeconds(pastGraceSeconds);
  await granted(app, children[1]!, 'rotate');
}

/** The session has ended for everybody, regardless of earlier responses. */
async function expectEnded(tokens: Tokens[]): Promise<void> {
  expect((await storedSession(app, tokens[0]!)).revoked_reason).toMatch(/^(reuse|logout)$/);
  for (const { refresh_token } of tokens) await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
  for (const token of tokens) expect(await accessStatus(app, token)).toBe(401);
}
