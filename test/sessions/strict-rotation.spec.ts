import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { expectProblem, refresh, register } from '../support/http.js';
import { granted, pastGraceSeconds, storedSession } from './refresh-story.js';

async function withSettings(env: NodeJS.ProcessEnv, story: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await startApp({ env });
  try {
    await story(app);
  } finally {
    await app.close();
  }
}

it('REFRESH_RECOVER=off: a lost response is repeated in the first half of the grace time, a later parent is reuse', () =>
  withSettings({ REFRESH_RECOVER: 'off' }, async (app) => {
    const parent = await register(app);
    const child = await granted(app, parent, 'rotate');
    await granted(app, parent, 'replay');
    await granted(app, child, 'hold');
    app.clock.advanceSeconds(pastGraceSeconds);
    await expectProblem(refresh(app, parent.refresh_token), 401, 'refresh_reused');
    await expectProblem(refresh(app, child.refresh_token), 401, 'session_revoked');
  }));

it('REFRESH_RECOVER=off: a parent on another lane is reuse within the grace time, too', () =>
  withSettings({ REFRESH_RECOVER: 'off' }, async (app) => {
    const stolen = await register(app);
    const owner = await granted(app, stolen, 'rotate');
    const thief = await granted(app, stolen, 'replay');
    app.clock.advanceSeconds(pastGraceSeconds);
    await granted(app, owner, 'rotate');
    await expectProblem(refresh(app, thief.refresh_token), 401, 'refresh_reused');
  }));

it('REFRESH_GRACE=0s: every refresh rotates, and a parent is recovered at once', () =>
  withSettings({ REFRESH_GRACE: '0s' }, async (app) => {
    let tokens = await register(app);
    for (let i = 0; i < 5; i++) tokens = await granted(app, tokens, 'rotate');
    const lost = await granted(app, tokens, 'rotate');
    const recovered = await granted(app, tokens, 'recover');
    expect((await storedSession(app, tokens)).sibling_hash).not.toBeNull();
    await granted(app, recovered, 'rotate');
    await expectProblem(refresh(app, lost.refresh_token), 401, 'refresh_reused');
  }));

it('both together are strict rotation: an old token is refused immediately and ends the session', () =>
  withSettings({ REFRESH_GRACE: '0s', REFRESH_RECOVER: 'off' }, async (app) => {
    const parent = await register(app);
    const child = await granted(app, parent, 'rotate');
    const grandchild = await granted(app, child, 'rotate');
    await expectProblem(refresh(app, child.refresh_token), 401, 'refresh_reused');
    for (const { refresh_token } of [parent, child, grandchild]) {
      await expectProblem(refresh(app, refresh_token), 401, 'session_revoked');
    }
  }));

it('a database clock that was set back does not block rotations: a rotation in the future counts as now', () =>
  withSettings({ REFRESH_GRACE: '0s' }, async (app) => {
    const child = await granted(app, await register(app), 'rotate');
    await app.db.query(`UPDATE sessions SET rotated_at = rotated_at + interval '1 hour'`);
    await granted(app, child, 'rotate');
  }));

it('a database clock that was set back does not end a hold', () =>
  withSettings({}, async (app) => {
    const child = await granted(app, await register(app), 'rotate');
    await app.db.query(`UPDATE sessions SET rotated_at = rotated_at + interval '1 hour'`);
    await granted(app, child, 'hold');
  }));
