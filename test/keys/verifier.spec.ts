import { jest } from '@jest/globals';
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose';
import { Clock } from '../../src/common/clock.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectStatus, refresh, register } from '../support/http.js';
import { hourSeconds, kidOf, lookAfterKeys } from './key-story.js';

describe('a verifier with a cache', () => {
  const rotationSeconds = 2 * hourSeconds;
  let app: TestApp;
  let realNow: () => number;

  /** Also moves the clock of the process, so that jose's cache ages too. */
  class ClockOfAll extends Clock {
    override nowMs(): number {
      return realNow() + this.offsetMs;
    }
  }

  beforeAll(async () => {
    realNow = Date.now.bind(Date);
    const clock = new ClockOfAll();
    app = await startApp({ clock, env: { KEY_ROTATION: `${rotationSeconds}s` } });
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + clock.offsetMs);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await app.close();
  });

  it('with jose’s defaults, and one that never asks twice within max-age, know every key in time', async () => {
    const url = new URL('/.well-known/jwks.json', app.url);
    const remote = createRemoteJWKSet(url);
    const options = { issuer: 'http://localhost:3000', audience: 'http://localhost:3000', typ: 'at+jwt' };
    const kids = new Set<string>();
    let tokens: Tokens = await register(app);
    let kept: { keySet: ReturnType<typeof createLocalJWKSet>; untilMs: number } | undefined;

    for (let minute = 0; minute < (3.5 * rotationSeconds) / 60; minute += 3) {
      app.clock.advanceSeconds(180);
      await lookAfterKeys(app);
      tokens = (await expectStatus(refresh(app, tokens.refresh_token), 200)) as Tokens;
      kids.add(kidOf(tokens.access_token));
      if (!kept || kept.untilMs <= Date.now()) {
        const response = await call(app, 'GET', '/.well-known/jwks.json');
        kept = { keySet: createLocalJWKSet(response.body), untilMs: Date.now() + 300_000 };
      }
      const currentDate = app.clock.now();
      await jwtVerify(tokens.access_token, remote, { ...options, currentDate });
      await jwtVerify(tokens.access_token, kept.keySet, { ...options, currentDate });
    }
    expect(kids.size).toBe(4);
  });
});
