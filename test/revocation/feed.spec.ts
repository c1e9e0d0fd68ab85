import { RevocationLog } from '../../src/sessions/revocation-log.js';
import { currentKid, kidOf, revokeKey } from '../keys/key-story.js';
import { basic, deleteClient, newClient, post, serviceToken, signInWith } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  refresh,
  register,
} from '../support/http.js';
import { metric } from '../support/metrics.js';
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';
import { until } from '../support/until.js';
import { feedToken, follow, goodPage, page, withoutTime } from './feed-client.js';

let app: TestApp;
let admin: Tokens;
let token: string;
beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
  token = await feedToken(app, admin);
});
afterAll(() => app.close());

/** Returns when the instance has received its own notification: a snapshot and a page show what has arrived by then. */
async function logOut({ access_token, session_id }: Tokens, at = app) {
  await expectStatus(call(at, 'POST', '/auth/logout', { token: access_token }), 204);
  const log = at.nest.get(RevocationLog);
  await until(() => log.after(0, Infinity).some(({ json }) => json.includes(session_id)));
}
const changeUser = (userId: string, body: object) =>
  expectStatus(call(app, 'PATCH', `/users/${userId}`, { token: admin.access_token, body }), 200);

describe('who may follow', () => {
  it('nobody without a token: 401 token_missing', async () => {
    await expectProblem(call(app, 'GET', '/oauth/revocations'), 401, 'token_missing');
    await expectProblem(call(app, 'GET', '/oauth/revocations', { token: 'bad' }), 401, 'token_invalid');
  });

  it('no user, not even an admin: the feed names everybody’s sessions', async () => {
    await expectProblem(page(app, admin.access_token), 403, 'client_required');
    await expectProblem(call(app, 'GET', '/oauth/revocations', { token: admin.access_token }), 403, 'client_required');
  });

  it('no user of a client that has the scope, although the token has it too', async () => {
    const client = await newClient(app, admin, { scope: 'revocations' });
    const user = await signInWith(app, client, { scope: 'revocations' });
    await expectProblem(page(app, user.access_token), 403, 'client_required');
  });

  it('no client without the scope, which the response names', async () => {
    const client = await newClient(app, admin, { scope: 'invoices:read' });
    const { headers } = await expectProblem(page(app, await serviceToken(app, client)), 403, 'insufficient_scope');
    expect(headers.get('www-authenticate')).toContain('scope="revocations"');
  });

  it('no client that could ask for the scope and did not', async () => {
    const client = await newClient(app, admin, { scope: 'invoices:read revocations' });
    const narrow = await serviceToken(app, client, { scope: 'invoices:read' });
    await expectProblem(page(app, narrow), 403, 'insufficient_scope');
    await goodPage(app, await serviceToken(app, client, { scope: 'revocations' }));
  });
});

describe('a stream', () => {
  it('is not buffered or stored on the way, and begins at once even if nothing was revoked', async () => {
    const quiet = await startAppForTest();
    const feed = await follow(quiet, await feedToken(quiet, await makeAdmin(quiet)));
    expect(Object.fromEntries(feed.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(feed.headers.has('content-length')).toBe(false);
    expect(feed.events).toEqual([
      { event: 'snapshot', id: undefined, data: { keep_seconds: 20 * 60 } },
      { event: 'current', id: '0', data: { keep_seconds: 20 * 60 } },
    ]);
  });

  it('begins with everything that still matters, and says when that is complete', async () => {
    const ended = await register(app);
    await logOut(ended);
    const { events } = await follow(app, token);
    expect(events[0]).toMatchObject({ event: 'snapshot' });
    expect(events.at(-1)).toMatchObject({ event: 'current', id: events.at(-2)!.id });
    expect(events.map(({ data }) => data.session_id)).toContain(ended.session_id);
  });

  it('leaves out what can no longer concern a valid token', async () => {
    const aging = await startAppForTest();
    const itsAdmin = await makeAdmin(aging);
    const ended = await register(aging);
    await logOut(ended, aging);
    const before = await goodPage(aging, await feedToken(aging, itsAdmin));
    expect(before.revocations.map(withoutTime)).toEqual([{ session_id: ended.session_id }]);
    aging.clock.advanceSeconds(20 * 60 + 61);
    const { access_token: fresh } = await login(aging, itsAdmin.user.email);
    const later = await goodPage(aging, await feedToken(aging, { ...itsAdmin, access_token: fresh }));
    expect(later.revocations).toEqual([]);
  });

  it('sends a comment every five seconds, so that a follower notices a dead connection within ten', async () => {
    const feed = await follow(app, token);
    await until(() => feed.comments() >= 2);
  });

  it('resumes after Last-Event-ID: what was missed, once, and no snapshot', async () => {
    const [first, second, third] = [await register(app), await register(app), await register(app)];
    const feed = await follow(app, token);
    await logOut(first);
    const { id } = await feed.received({ session_id: first.session_id });
    feed.close();
    await logOut(second);
    const resumed = await follow(app, token, { lastEventId: id });
    expect(resumed.events.map(({ event, data }) => [event, data.session_id])).toEqual([
      ['message', second.session_id],
      ['current', undefined],
    ]);
    await logOut(third);
    await resumed.received({ session_id: third.session_id });
    expect(resumed.revocations()).toHaveLength(2);
  });

  it.each(['0', '1-AAAAAAAA', '999999999-AAAAAAAA', 'nonsense', '-1', ''])(
    'starts over with a snapshot if it cannot tell what came after the cursor: %p',
    async (lastEventId) => {
      await logOut(await register(app));
      const all = await follow(app, token);
      const resumed = await follow(app, token, { lastEventId });
      expect(resumed.events[0]).toMatchObject({ event: 'snapshot' });
      expect(resumed.revocations()).toEqual(all.revocations());
    },
  );
});

describe('a page for pollers', () => {
  it('holds the same as the stream, and continues after its cursor', async () => {
    await logOut(await register(app));
    const { revocations } = await follow(app, token);
    const first = await goodPage(app, token);
    expect(first).toMatchObject({ snapshot: true, complete: true, keep_seconds: 20 * 60 });
    expect(first.revocations.map(withoutTime)).toEqual(revocations());
    expect(await goodPage(app, token, first.cursor)).toMatchObject({ snapshot: false, revocations: [] });

    const ended = await register(app);
    await logOut(ended);
    await until(async () => (await goodPage(app, token, first.cursor)).revocations.length === 1);
    const { snapshot, revocations: missed } = await goodPage(app, token, first.cursor);
    expect({ snapshot, missed: missed.map(withoutTime) }).toEqual({
      snapshot: false,
      missed: [{ session_id: ended.session_id }],
    });
  });

  it('is one of several if there is much', async () => {
    await app.db.query(
      `INSERT INTO revocations (user_id, session_id, revoked_at)
       SELECT gen_random_uuid(), gen_random_uuid(), now() FROM generate_series(1, 2500)`,
    );
    const feed = await follow(app, token);
    await until(() => feed.revocations().length >= 2500);
    const found: unknown[] = [];
    let answer = await goodPage(app, token);
    for (; !answer.complete; answer = await goodPage(app, token, answer.cursor)) found.push(...answer.revocations);
    found.push(...answer.revocations);
    expect(found.map((one) => withoutTime(one as Record<string, unknown>))).toEqual(feed.revocations());
  });

  it('answers HEAD without opening a stream', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${app.url}/oauth/revocations`, { method: 'HEAD', headers });
    expect({ status: response.status, body: await response.text() }).toEqual({ status: 200, body: '' });
  });
});

describe('what is revoked arrives, each as its own kind', () => {
  it('a logout, and the end of a session by its user', async () => {
    const feed = await follow(app, token);
    const user = await register(app);
    const other = await login(app, user.user.email);
    await call(app, 'DELETE', `/auth/sessions/${other.session_id}`, { token: user.access_token });
    await feed.received({ session_id: other.session_id });
    await logOut(user);
    await feed.received({ session_id: user.session_id });
  });

  it('a reuse', async () => {
    const feed = await follow(app, token);
    const victim = await register(app);
    const { refresh_token: child } = await expectStatus(refresh(app, victim.refresh_token), 200);
    app.clock.advanceSeconds(60);
    await expectStatus(refresh(app, child), 200);
    await expectProblem(refresh(app, victim.refresh_token), 401, 'refresh_reused');
    await feed.received({ session_id: victim.session_id });
  });

  it('the sessions that a new password ends', async () => {
    const feed = await follow(app, token);
    const user = await register(app);
    const other = await login(app, user.user.email);
    const body = { current_password: goodPassword, new_password: 'another long enough passphrase' };
    await expectStatus(call(app, 'POST', '/auth/password', { token: user.access_token, body }), 200);
    await feed.received({ session_id: other.session_id });
  });

  it('a session beyond the limit', async () => {
    const small = await startAppForTest({ env: { MAX_SESSIONS_PER_USER: '1' } });
    const feed = await follow(small, await feedToken(small, await makeAdmin(small)));
    const user = await register(small);
    await login(small, user.user.email);
    await feed.received({ session_id: user.session_id });
  });

  it('signing out everywhere, as an epoch beside the sessions (attack: a token of a session that other services do not know)', async () => {
    const feed = await follow(app, token);
    const user = await register(app);
    const other = await login(app, user.user.email);
    await expectStatus(call(app, 'POST', '/auth/logout-all', { token: user.access_token }), 204);
    // One transaction: with the sessions, everything of it has arrived.
    for (const { session_id } of [user, other]) await feed.received({ session_id });
    expect(feed.revocations()).toContainEqual({ user_id: user.user.id, min_epoch: 1 });
  });

  it('logout everywhere, disabling, a changed role, deletion: the user’s tokens below an epoch', async () => {
    const feed = await follow(app, token);
    const user = await register(app);
    const of = (min_epoch: number) => feed.received({ user_id: user.user.id, min_epoch });
    await expectStatus(call(app, 'POST', '/auth/logout-all', { token: user.access_token }), 204);
    await of(1);
    await changeUser(user.user.id, { role: 'admin' });
    await of(2);
    await changeUser(user.user.id, { disabled: true });
    await of(3);
    await call(app, 'DELETE', `/users/${user.user.id}`, { token: admin.access_token });
    await of(4);
  });

  it('one token of a service, by its jti, and a deleted client', async () => {
    const feed = await follow(app, token);
    const client = await newClient(app, admin);
    const revoked = await serviceToken(app, client);
    const { jti } = JSON.parse(Buffer.from(revoked.split('.')[1]!, 'base64url').toString()) as { jti: string };
    await expectStatus(post(app, '/oauth/revoke', { token: revoked }, basic(client)), 200);
    await feed.received({ jti });
    await deleteClient(app, admin, client);
    await feed.received({ client_id: client.client_id });
  });

  it('a revoked signing key, also long after every other revocation was forgotten', async () => {
    const own = await startAppForTest();
    const itsAdmin = await makeAdmin(own);
    const client = await newClient(own, itsAdmin, { scope: 'revocations' });
    const feed = await follow(own, await serviceToken(own, client));
    const kid = currentKid(own);
    await revokeKey(own, kid);
    await feed.received({ kid });
    await until(() => currentKid(own) !== kid);
    own.clock.advanceSeconds(24 * 60 * 60);
    const { revocations } = await goodPage(own, await serviceToken(own, client));
    expect(revocations.map(withoutTime)).toEqual([{ kid }]);
  });

  it('a revoked signing key, also from an instance that starts long after (attack: a stolen key, at a service that starts late)', async () => {
    const database = await createDatabaseForTest();
    const first = await startAppForTest({ database });
    const client = await newClient(first, await makeAdmin(first), { scope: 'revocations' });
    const kid = currentKid(first);
    await revokeKey(first, kid);
    await until(() => currentKid(first) !== kid);
    await logOut(await register(first), first);
    first.clock.advanceSeconds(24 * 60 * 60);
    const later = await startAppForTest({ database, clock: first.clock });
    const itsToken = await serviceToken(later, client);
    const { revocations } = await goodPage(later, itsToken);
    expect(revocations.map(withoutTime)).toEqual([{ kid }]);
    expect((await follow(later, itsToken)).revocations()).toEqual([{ kid }]);
  });
});

describe('an open stream ends', () => {
  it('when its token expires', async () => {
    const own = await startAppForTest();
    const feed = await follow(own, await feedToken(own, await makeAdmin(own)));
    own.clock.advanceSeconds(15 * 60 + 1);
    await until(feed.isEnded);
    expect(await metric(own, 'pawl_revocation_streams_ended_total{reason="expired"}')).toBe(1);
  });

  it('when its token is revoked, after it has heard of that', async () => {
    const client = await newClient(app, admin, { scope: 'revocations' });
    const own = await serviceToken(app, client);
    const feed = await follow(app, own);
    await expectStatus(post(app, '/oauth/revoke', { token: own }, basic(client)), 200);
    await until(feed.isEnded);
    expect(feed.revocations().at(-1)).toHaveProperty('jti');
    await expectProblem(page(app, own), 401, 'token_revoked');
  });

  it('when its client is deleted, and the streams of others go on', async () => {
    const client = await newClient(app, admin, { scope: 'revocations' });
    const [feed, other] = [await follow(app, await serviceToken(app, client)), await follow(app, token)];
    await deleteClient(app, admin, client);
    await until(feed.isEnded);
    await logOut(await register(app));
    expect(other.isEnded()).toBe(false);
  });

  it('when the key that signed its token is revoked', async () => {
    const own = await startAppForTest();
    const itsToken = await feedToken(own, await makeAdmin(own));
    const feed = await follow(own, itsToken);
    await revokeKey(own, kidOf(itsToken));
    await until(feed.isEnded);
  });
});

it('too many streams of one client get 429, and too many of all 503, until one ends', async () => {
  const small = await startAppForTest({ env: { REVOCATION_STREAMS: '3', REVOCATION_STREAMS_PER_CLIENT: '2' } });
  const itsAdmin = await makeAdmin(small);
  const [first, second] = [await feedToken(small, itsAdmin), await feedToken(small, itsAdmin)];
  const open = (as: string) => call(small, 'GET', '/oauth/revocations', { token: as });
  const feeds = [await follow(small, first), await follow(small, first)];
  const { headers } = await expectProblem(open(first), 429, 'rate_limited');
  expect(headers.get('retry-after')).toMatch(/^\d+$/);
  feeds.push(await follow(small, second));
  await expectProblem(open(second), 503, 'overloaded');
  expect(await metric(small, 'pawl_revocation_streams')).toBe(3);
  // A page keeps no connection open.
  await goodPage(small, second);
  feeds[0]!.close();
  await until(async () => (await metric(small, 'pawl_revocation_streams')) === 2);
  await follow(small, first);
});
