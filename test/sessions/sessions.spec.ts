import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, login, refresh, register } from '../support/http.js';
import { accessStatus, granted, pastGraceSeconds, storedSession } from './refresh-story.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

interface ListedSession {
  id: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  user_agent: string | null;
  ip: string | null;
  current: boolean;
}

async function list({ access_token }: Tokens): Promise<ListedSession[]> {
  const body: unknown = await expectStatus(call(app, 'GET', '/auth/sessions', { token: access_token }), 200);
  return (body as { sessions: ListedSession[] }).sessions;
}

const end = ({ access_token }: Tokens, sessionId: string) =>
  call(app, 'DELETE', `/auth/sessions/${sessionId}`, { token: access_token });

async function expectOver(tokens: Tokens): Promise<void> {
  expect(await accessStatus(app, tokens)).toBe(401);
  await expectProblem(refresh(app, tokens.refresh_token), 401, 'session_revoked');
}

async function expectGoesOn(tokens: Tokens): Promise<void> {
  expect(await accessStatus(app, tokens)).toBe(200);
  expect((await storedSession(app, tokens)).revoked_reason).toBeNull();
}

describe('the list of sessions', () => {
  it('shows the user’s own live sessions, newest first, and marks the current one', async () => {
    const first = await register(app);
    const second = await login(app, first.user.email);
    const third = await login(app, first.user.email);
    await register(app);
    expect(await list(second)).toEqual(
      [third, second, first].map(({ session_id }) => ({
        id: session_id,
        client_id: 'pawl',
        client_name: 'Pawl',
        created_at: expect.any(String),
        last_used_at: expect.any(String),
        expires_at: expect.any(String),
        user_agent: 'node',
        ip: '127.0.0.1',
        current: session_id === second.session_id,
      })),
    );
  });

  it('omits sessions that were ended or have expired', async () => {
    const idle = await register(app);
    app.clock.advanceSeconds(29 * 86_400);
    const ended = await login(app, idle.user.email);
    const live = await login(app, idle.user.email);
    await expectStatus(end(live, ended.session_id), 204);
    expect((await list(live)).map(({ id }) => id)).toEqual([live.session_id, idle.session_id]);
    app.clock.advanceSeconds(2 * 86_400);
    const current = await granted(app, live, 'rotate');
    expect((await list(current)).map(({ id }) => id)).toEqual([live.session_id]);
  });

  it('does not show the last five minutes, so a thief does not learn when to act', async () => {
    const owner = await register(app);
    const watcher = await login(app, owner.user.email);
    const lastUse = async () => {
      const [, session] = await list(watcher);
      return Date.parse(session!.last_used_at);
    };
    const signedInAt = await lastUse();

    app.clock.advanceSeconds(310);
    const usedAtMs = app.clock.nowMs();
    const child = await granted(app, owner, 'rotate');
    expect(await lastUse()).toBe(signedInAt);
    app.clock.advanceSeconds(240);
    await granted(app, child, 'rotate');
    expect(await lastUse()).toBe(signedInAt);

    app.clock.advanceSeconds(4 * 60);
    // The first use is more than five minutes old by now, and the second not yet.
    expect(await lastUse()).toBeGreaterThanOrEqual(usedAtMs);
    expect(await lastUse()).toBeLessThan(usedAtMs + 240_000);
    app.clock.advanceSeconds(70);
    // The second use is more than five minutes old now.
    expect(await lastUse()).toBeGreaterThanOrEqual(usedAtMs + 240_000);
    expect(await lastUse()).toBeLessThan(usedAtMs + 300_000);
  });

  it('shows a use after two more uses at the latest, however often the session is used', async () => {
    let busy = await register(app);
    for (let use = 0; use < 10; use++) {
      app.clock.advanceSeconds(4 * 60);
      busy = await granted(app, busy, 'rotate');
    }
    const [, session] = await list(await login(app, busy.user.email));
    const ageSeconds = (app.clock.nowMs() - Date.parse(session!.last_used_at)) / 1000;
    expect(ageSeconds).toBeLessThan(3 * 4 * 60);
  });
});

describe('ending one session', () => {
  it('ends it immediately, and no other', async () => {
    const lost = await register(app);
    const here = await login(app, lost.user.email);
    await expectStatus(end(here, lost.session_id), 204);
    await expectOver(lost);
    await expectGoesOn(here);
  });

  it('can end the current one', async () => {
    const tokens = await register(app);
    await expectStatus(end(tokens, tokens.session_id), 204);
    await expectOver(tokens);
  });

  it('is 404 for another user’s, an ended one, an unknown one and a malformed id', async () => {
    const tokens = await register(app);
    const another = await register(app);
    const ended = await login(app, tokens.user.email);
    await expectStatus(end(tokens, ended.session_id), 204);
    for (const id of [another.session_id, ended.session_id, '01a1fd8d-c3ce-71dc-bfbd-6bd21333fc4f', 'x']) {
      await expectProblem(end(tokens, id), 404, 'not_found');
    }
    await expectGoesOn(another);
  });
});

describe('logout', () => {
  const logout = (options: Parameters<typeof call>[3]) => call(app, 'POST', '/auth/logout', options);

  it('by bearer', async () => {
    const tokens = await register(app);
    await expectStatus(logout({ token: tokens.access_token }), 204);
    await expectOver(tokens);
  });

  it('by a bearer that has expired', async () => {
    const tokens = await register(app);
    app.clock.advanceSeconds(3600);
    await expectStatus(logout({ token: tokens.access_token }), 204);
    await expectOver(tokens);
  });

  it('by a refresh token in the body', async () => {
    const tokens = await register(app);
    await expectStatus(logout({ body: { refresh_token: tokens.refresh_token } }), 204);
    await expectOver(tokens);
  });

  it('by a refresh token that was used long ago: it ends the session, and is not reuse', async () => {
    const stale = await register(app);
    const child = await granted(app, stale, 'rotate');
    app.clock.advanceSeconds(pastGraceSeconds);
    const current = await granted(app, child, 'rotate');
    await expectStatus(logout({ body: { refresh_token: stale.refresh_token } }), 204);
    expect((await storedSession(app, stale)).revoked_reason).toBe('logout');
    await expectOver(current);
  });

  it('of both, if bearer and refresh token name two sessions', async () => {
    const one = await register(app);
    const other = await register(app);
    await expectStatus(logout({ token: one.access_token, body: { refresh_token: other.refresh_token } }), 204);
    await expectOver(one);
    await expectOver(other);
  });

  it('a second time, or of a deleted session, is 204', async () => {
    const tokens = await register(app);
    for (let i = 0; i < 2; i++) await expectStatus(logout({ token: tokens.access_token }), 204);
    await app.db.query('DELETE FROM sessions WHERE id = $1', [tokens.session_id]);
    await expectStatus(logout({ body: { refresh_token: tokens.refresh_token } }), 204);
  });

  it('with an unknown refresh token is 204 and ends nothing (RFC 7009 section 2.2)', async () => {
    const tokens = await register(app);
    const forged = `${tokens.refresh_token.slice(0, -1)}${tokens.refresh_token.endsWith('A') ? 'B' : 'A'}`;
    for (const refresh_token of [forged, 'pwl1_', '']) {
      await expectStatus(logout({ body: { refresh_token } }), 204);
    }
    await expectGoesOn(tokens);
  });

  it('with a forged bearer and a good refresh token ends the refresh token’s session', async () => {
    const tokens = await register(app);
    const other = await register(app);
    const [header, , signature] = other.access_token.split('.');
    const forged = [header, tokens.access_token.split('.')[1], signature].join('.');
    await expectStatus(logout({ token: forged, body: { refresh_token: other.refresh_token } }), 204);
    await expectOver(other);
    await expectGoesOn(tokens);
  });

  it('without any token is token_missing, with only a bad bearer token_invalid', async () => {
    await expectProblem(logout({}), 401, 'token_missing');
    await expectProblem(logout({ body: {} }), 401, 'token_missing');
    await expectProblem(logout({ token: 'nonsense' }), 401, 'token_invalid');
  });
});

describe('logout everywhere', () => {
  it('ends every session of the user immediately, and nobody else’s', async () => {
    const one = await register(app);
    const other = await login(app, one.user.email);
    const stranger = await register(app);
    await expectStatus(call(app, 'POST', '/auth/logout-all', { token: one.access_token }), 204);
    await expectOver(one);
    await expectOver(other);
    await expectGoesOn(stranger);
    await expectGoesOn(await login(app, one.user.email));
  });

  it('needs a good bearer', async () => {
    const tokens = await register(app);
    await expectProblem(call(app, 'POST', '/auth/logout-all'), 401, 'token_missing');
    app.clock.advanceSeconds(3600);
    await expectProblem(call(app, 'POST', '/auth/logout-all', { token: tokens.access_token }), 401, 'token_expired');
    await granted(app, tokens, 'rotate');
  });
});

describe('MAX_SESSIONS_PER_USER', () => {
  it('ends the longest idle session and refuses its access token immediately', async () => {
    const limited = await startApp({ env: { MAX_SESSIONS_PER_USER: '3' } });
    try {
      const { user } = await register(limited, { email: 'many@example.com' });
      const oldest = await login(limited, user.email);
      limited.clock.advanceSeconds(60);
      const next = await login(limited, user.email);
      limited.clock.advanceSeconds(60);
      // The oldest is used again, so that `next` is the one idle for longest.
      const used = await granted(limited, oldest, 'rotate');
      const newest = await login(limited, user.email);
      limited.clock.advanceSeconds(60);
      const another = await login(limited, user.email);

      expect(await Promise.all([used, next, newest, another].map((tokens) => accessStatus(limited, tokens)))).toEqual([
        200, 401, 200, 200,
      ]);
      await expectProblem(refresh(limited, next.refresh_token), 401, 'session_revoked');
      expect((await storedSession(limited, next)).revoked_reason).toBe('limit');
    } finally {
      await limited.close();
    }
  });

  it('holds when sign-ins race', async () => {
    const limited = await startApp({ env: { MAX_SESSIONS_PER_USER: '3' } });
    try {
      const { user } = await register(limited);
      await Promise.all(Array.from({ length: 12 }, () => login(limited, user.email)));
      const live = await limited.db.query('SELECT FROM sessions WHERE revoked_at IS NULL');
      expect(live).toHaveLength(3);
    } finally {
      await limited.close();
    }
  });
});

describe('a restart', () => {
  it('forgets no revocation: an access token that was refused before it is refused after it', async () => {
    const before = await startApp({ database: app.db, clock: app.clock });
    const ended = await register(before);
    const everywhere = await register(before);
    const live = await register(before);
    await expectStatus(call(before, 'POST', '/auth/logout', { token: ended.access_token }), 204);
    await expectStatus(call(before, 'POST', '/auth/logout-all', { token: everywhere.access_token }), 204);
    await before.close();

    const after = await startApp({ database: app.db, clock: app.clock });
    try {
      expect(await Promise.all([ended, everywhere, live].map((tokens) => accessStatus(after, tokens)))).toEqual([
        401, 401, 200,
      ]);
      await expectProblem(call(after, 'GET', '/notes', { token: ended.access_token }), 401, 'token_revoked');
    } finally {
      await after.close();
    }
  });
});
