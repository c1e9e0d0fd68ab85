import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { expectProblem, refresh, register } from '../support/http.js';
import {
  accessStatus,
  expectGranted,
  granted,
  partsOf,
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

describe('consecutive refreshes', () => {
  it('a refresh rotates: a new token of the next generation, and both access tokens keep working', async () => {
    const first = await register(app);
    const second = await granted(app, first, 'rotate');
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(partsOf(second.refresh_token).generation).toBe(partsOf(first.refresh_token).generation + 1);
    expect(second.session_id).toBe(first.session_id);
    expect(second.user).toEqual(first.user);
    expect(await Promise.all([first, second].map((tokens) => accessStatus(app, tokens)))).toEqual([200, 200]);
  });

  it('within the grace time the new token is held: it is returned unchanged, with a new access token', async () => {
    const child = await granted(app, await register(app), 'rotate');
    app.clock.advanceSeconds(29);
    const held = await granted(app, child, 'hold');
    expect(held.refresh_token).toBe(child.refresh_token);
    expect(held.access_token).not.toBe(child.access_token);
    expect(await accessStatus(app, held)).toBe(200);
  });

  it('after the grace time it rotates', async () => {
    let tokens = await register(app);
    for (let generation = 1; generation <= 5; generation++) {
      tokens = await granted(app, tokens, 'rotate');
      expect(partsOf(tokens.refresh_token).generation).toBe(generation);
      app.clock.advanceSeconds(pastGraceSeconds);
    }
  });

  it('the grace time counts from the rotation, not from the last hold', async () => {
    const child = await granted(app, await register(app), 'rotate');
    app.clock.advanceSeconds(20);
    await granted(app, child, 'hold');
    app.clock.advanceSeconds(11);
    await granted(app, child, 'rotate');
  });
});

describe('a lost response', () => {
  it('is repeated in the first half of the grace time: the same secret, on its own lane', async () => {
    const parent = await register(app);
    const lost = await granted(app, parent, 'rotate');
    app.clock.advanceSeconds(14);
    const again = await granted(app, parent, 'replay');
    expect(partsOf(again.refresh_token).secret).toEqual(partsOf(lost.refresh_token).secret);
    expect(partsOf(again.refresh_token).lane).not.toBe(partsOf(lost.refresh_token).lane);
    app.clock.advanceSeconds(pastGraceSeconds);
    await granted(app, again, 'rotate');
  });

  it('is recovered an hour later: another child, and the session continues', async () => {
    const parent = await register(app);
    const lost = await granted(app, parent, 'rotate');
    app.clock.advanceSeconds(3600);
    const recovered = await granted(app, parent, 'recover');
    expect(partsOf(recovered.refresh_token).secret).not.toEqual(partsOf(lost.refresh_token).secret);
    expect(partsOf(recovered.refresh_token).generation).toBe(1);
    app.clock.advanceSeconds(pastGraceSeconds);
    await granted(app, recovered, 'rotate');
  });

  it('is recovered in the second half, which restarts the grace time', async () => {
    const parent = await register(app);
    const late = await granted(app, parent, 'rotate');
    app.clock.advanceSeconds(16);
    const recovered = await granted(app, parent, 'recover');
    expect(partsOf(recovered.refresh_token).secret).not.toEqual(partsOf(late.refresh_token).secret);
    app.clock.advanceSeconds(16);
    for (const child of [late, recovered]) await granted(app, child, 'hold');
  });

  it('that is requested again at the end of a grace time does not make a copy of that request reuse', async () => {
    const parent = await register(app);
    await granted(app, parent, 'rotate');
    app.clock.advanceSeconds(29);
    // The client asks again, and a proxy repeats that request. The first response arrives and is used at once.
    const child = await granted(app, parent, 'recover');
    app.clock.advanceSeconds(2);
    await granted(app, child, 'hold');
    await granted(app, parent, 'replay');
  });

  it('can be lost again and again, within the grace time and after it', async () => {
    const parent = await register(app);
    await granted(app, parent, 'rotate');
    for (const [seconds, verdict] of [
      [5, 'replay'],
      [9, 'replay'],
      [5, 'recover'],
      [14, 'replay'],
      [10, 'recover'],
      [1, 'replay'],
      [3600, 'recover'],
      [86_400, 'recover'],
    ] as const) {
      app.clock.advanceSeconds(seconds);
      await granted(app, parent, verdict);
    }
    const arrived = await granted(app, parent, 'replay');
    app.clock.advanceSeconds(pastGraceSeconds);
    await granted(app, arrived, 'rotate');
  });

  it('is held within the grace time after a recovery, too', async () => {
    const parent = await register(app);
    await granted(app, parent, 'rotate');
    app.clock.advanceSeconds(3600);
    const recovered = await granted(app, parent, 'recover');
    app.clock.advanceSeconds(29);
    await granted(app, recovered, 'hold');
  });

  it('that arrives after a recovery is still good: the displaced child lives until one of the two is used', async () => {
    const parent = await register(app);
    const late = await granted(app, parent, 'rotate');
    app.clock.advanceSeconds(60);
    const recovered = await granted(app, parent, 'recover');
    await granted(app, late, 'hold');
    app.clock.advanceSeconds(pastGraceSeconds);
    // The late answer overwrote the storage: the client goes on from the displaced child, and only from it.
    const next = await granted(app, late, 'rotate');
    expect((await storedSession(app, next)).sibling_hash).toBeNull();
    await expectProblem(refresh(app, recovered.refresh_token), 401, 'refresh_reused');
  });
});

describe('tabs that share one storage', () => {
  it('that refresh at the same time both continue, whichever response the storage keeps', async () => {
    const shared = await register(app);
    const [one, other] = await Promise.all([refresh(app, shared.refresh_token), refresh(app, shared.refresh_token)]);
    const verdicts = [one, other].map(verdictOf).sort();
    expect(verdicts).toEqual(['replay', 'rotate']);
    await granted(app, tokensOf(one), 'hold');
    await granted(app, tokensOf(other), 'hold');
    app.clock.advanceSeconds(pastGraceSeconds);
    await granted(app, tokensOf(one), 'rotate');
  });

  it('fifty parallel refreshes of one token all return one child, and the row rotates once', async () => {
    const shared = await granted(app, await register(app), 'rotate');
    app.clock.advanceSeconds(pastGraceSeconds);
    const before = await storedSession(app, shared);

    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(app, shared.refresh_token)));

    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    const verdicts = answers.map(verdictOf);
    expect(verdicts.filter((verdict) => verdict === 'rotate')).toHaveLength(1);
    expect(verdicts.filter((verdict) => verdict === 'replay')).toHaveLength(49);
    const children = answers.map((answer) => partsOf(tokensOf(answer).refresh_token));
    expect(new Set(children.map(({ generation }) => generation))).toEqual(new Set([before.generation + 1]));
    expect(new Set(children.map(({ secret }) => secret.toString('hex'))).size).toBe(1);
    expect(new Set(children.map(({ lane }) => lane)).size).toBe(50);
    expect((await storedSession(app, shared)).generation).toBe(before.generation + 1);
  });

  it('fifty parallel refreshes after a lost response recover once', async () => {
    const shared = await register(app);
    await granted(app, shared, 'rotate');
    app.clock.advanceSeconds(3600);
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(app, shared.refresh_token)));
    const verdicts = answers.map(verdictOf);
    expect(verdicts.filter((verdict) => verdict === 'recover')).toHaveLength(1);
    expect(verdicts.filter((verdict) => verdict === 'replay')).toHaveLength(49);
  });

  it('that received one child on two lanes can both use it: the second gets its own child', async () => {
    const shared = await register(app);
    const one = await granted(app, shared, 'rotate');
    const other = await granted(app, shared, 'replay');
    app.clock.advanceSeconds(pastGraceSeconds);
    const oneNext = await granted(app, one, 'rotate');
    const otherNext = await granted(app, other, 'recover');
    await granted(app, oneNext, 'hold');
    await granted(app, otherNext, 'hold');
    app.clock.advanceSeconds(pastGraceSeconds);
    await granted(app, oneNext, 'rotate');
  });
});

describe('what the promise does not cover', () => {
  it('a request delayed by more than half the grace time and past the next use of its child is reuse', async () => {
    const parent = await register(app);
    const child = await granted(app, parent, 'rotate');
    app.clock.advanceSeconds(pastGraceSeconds);
    await granted(app, child, 'rotate');
    await expectProblem(refresh(app, parent.refresh_token), 401, 'refresh_reused');
  });
});

it('an access token never outlives its session', async () => {
  const shortLived = await startApp({ env: { SESSION_TTL: '20m', ACCESS_TOKEN_TTL: '15m' } });
  try {
    let tokens = await register(shortLived);
    const { expires_at } = (
      await shortLived.db.query<{ expires_at: Date }>('SELECT expires_at FROM sessions WHERE id = $1', [
        tokens.session_id,
      ])
    )[0]!;
    expect(tokens.expires_in).toBe(15 * 60);
    for (const verdict of ['rotate', 'hold'] as const) {
      if (verdict === 'rotate') shortLived.clock.advanceSeconds(15 * 60);
      tokens = expectGranted(await refresh(shortLived, tokens.refresh_token), verdict);
      const { iat, exp } = JSON.parse(Buffer.from(tokens.access_token.split('.')[1]!, 'base64url').toString()) as {
        iat: number;
        exp: number;
      };
      expect(exp).toBe(Math.floor(expires_at.getTime() / 1000));
      expect(tokens.expires_in).toBe(exp - iat);
    }
  } finally {
    await shortLived.close();
  }
});
