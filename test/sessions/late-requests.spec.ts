import type { RefreshRequest } from '../../src/sessions/ratchet.js';
import { Ratchet } from '../../src/sessions/ratchet.js';
import { SessionRows } from '../../src/sessions/session-rows.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { register } from '../support/http.js';
import { accessStatus, granted, pastGraceSeconds, storedSession } from './refresh-story.js';

/** More than a quarter of the default grace time of 30 s. */
const tooLateMs = 8000;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

function requestWith({ refresh_token }: Tokens, waitedMs = 0): RefreshRequest {
  return {
    refreshToken: refresh_token,
    clientId: 'pawl',
    ip: '203.0.113.7',
    arrivedAtMs: performance.now() - waitedMs,
  };
}

/** A token that has been superseded: presenting it is reuse. */
async function supersededToken(): Promise<{ stale: Tokens; current: Tokens }> {
  const stale = await register(app);
  const child = await granted(app, stale, 'rotate');
  app.clock.advanceSeconds(pastGraceSeconds);
  return { stale, current: await granted(app, child, 'rotate') };
}

describe('a refresh that has waited in the service for more than a quarter of the grace time', () => {
  it('is overloaded and changes nothing', async () => {
    const tokens = await register(app);
    const before = await storedSession(app, tokens);
    const refreshing = app.nest.get(Ratchet).refresh(requestWith(tokens, tooLateMs));
    await expect(refreshing).rejects.toMatchObject({ code: 'overloaded' });
    expect(await storedSession(app, tokens)).toEqual(before);
  });

  it('signs nobody out, also if it became old while its row was read', async () => {
    const { stale, current } = await supersededToken();
    const request = requestWith(stale);
    const rows = app.nest.get(SessionRows);
    const read = rows.read.bind(rows);
    rows.read = async (token) => {
      const row = await read(token);
      request.arrivedAtMs -= tooLateMs;
      return row;
    };
    try {
      await expect(app.nest.get(Ratchet).refresh(request)).rejects.toMatchObject({ code: 'overloaded' });
    } finally {
      rows.read = read;
    }
    expect(await accessStatus(app, current)).toBe(200);
    await granted(app, current, 'hold');
  });
});
