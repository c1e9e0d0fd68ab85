import { basic, newClient, post } from '../oauth/clients.js';
import { granted, pastGraceSeconds } from '../sessions/refresh-story.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, login, makeAdmin, register } from '../support/http.js';
import { until } from '../support/until.js';

const day = 86_400;

let app: TestApp;
let admin: Tokens;
beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
});
afterAll(() => app.close());

type Event = Record<string, any>;

const audit = (query: Record<string, string> = {}, token = admin.access_token) =>
  call(app, 'GET', `/admin/audit?${new URLSearchParams(query).toString()}`, { token });
const audited = async (query: Record<string, string>): Promise<Event[]> =>
  (await expectStatus(audit(query), 200)).events;
const activity = async (
  { access_token: token }: Tokens,
  query = '',
): Promise<{ events: Event[]; next_cursor: string }> =>
  expectStatus(call(app, 'GET', `/auth/me/activity${query}`, { token }), 200);
const names = (events: Event[]) => events.map(({ event }) => event);
const patch = ({ user }: Tokens, body: unknown) =>
  expectStatus(call(app, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body }), 200);

/** A wrong password, once its row is there. */
async function failToSignIn({ user }: Tokens): Promise<void> {
  const body = { email: user.email, password: 'not the password' };
  await expectProblem(call(app, 'POST', '/auth/login', { body }), 401, 'invalid_credentials');
  await until(async () => names(await audited({ subject: user.id })).includes('user.sign_in_failed'));
}

describe('GET /admin/audit', () => {
  it('returns every event in full, newest first', async () => {
    const before = app.clock.nowMs();
    const { user, session_id } = await register(app);
    const [event, ...others] = await audited({ subject: user.id });
    expect(others).toEqual([]);
    expect(event).toEqual({
      id: expect.any(String),
      event: 'user.registered',
      created_at: expect.any(String),
      actor_user_id: user.id,
      actor_client_id: null,
      subject_user_id: user.id,
      subject_client_id: null,
      session_id,
      ip: '127.0.0.1',
      details: {},
      batch: null,
    });
    expect(Date.parse(event!.created_at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(event!.created_at)).toBeLessThanOrEqual(app.clock.nowMs());
  });

  it('filters by event, actor, subject and session, and by all of them at once', async () => {
    const user = await register(app);
    const second = await login(app, user.user.email);
    await patch(user, { name: 'Ada' });
    const subject = user.user.id;
    const actor = admin.user.id;
    const { session_id: session } = second;
    expect(names(await audited({ subject }))).toEqual(['user.renamed', 'user.signed_in', 'user.registered']);
    expect(names(await audited({ subject, actor }))).toEqual(['user.renamed']);
    expect((await audited({ actor })).every((event) => event.actor_user_id === actor)).toBe(true);
    expect(names(await audited({ session }))).toEqual(['user.signed_in']);
    expect(new Set(names(await audited({ event: 'user.registered' })))).toEqual(new Set(['user.registered']));
    const all = { event: 'user.signed_in', actor: subject, subject: subject.toUpperCase(), session };
    expect(names(await audited(all))).toEqual(['user.signed_in']);
    expect(await audited({ ...all, event: 'user.registered' })).toEqual([]);
  });

  it('filters by time, the beginning included and the end not', async () => {
    const user = await register(app);
    for (let i = 0; i < 3; i++) {
      app.clock.advanceSeconds(40 * day);
      await login(app, user.user.email);
    }
    admin = await login(app, admin.user.email);
    const { id: subject } = user.user;
    const [third, second, first, registered] = await audited({ subject });
    const from = first!.created_at;
    expect(await audited({ subject, from })).toEqual([third, second, first]);
    expect(await audited({ subject, until: from })).toEqual([registered]);
    expect(await audited({ subject, from, until: third!.created_at })).toEqual([second, first]);
    // The same moment in another zone.
    const elsewhere = `${new Date(Date.parse(from) + 9 * 3_600_000).toISOString().slice(0, -1)}+09:00`;
    expect(await audited({ subject, until: elsewhere })).toEqual([registered]);
  });

  it('comes in pages that a newer event does not disturb', async () => {
    const user = await register(app);
    for (let i = 0; i < 6; i++) await patch(user, { name: `Name ${i}` });
    const filter = { subject: user.user.id, limit: '3' };
    const whole = await audited({ subject: user.user.id });
    const first = await expectStatus(audit(filter), 200);
    await patch(user, { name: 'Newer' });
    const second = await expectStatus(audit({ ...filter, cursor: first.next_cursor }), 200);
    const third = await expectStatus(audit({ ...filter, cursor: second.next_cursor }), 200);
    expect([...first.events, ...second.events, ...third.events]).toEqual(whole);
    expect(third.next_cursor).toBeNull();
  });

  it.each([
    ['event', 'user.flew'],
    ['actor', 'nobody'],
    ['subject', "' OR 1=1"],
    ['from', 'yesterday'],
    ['until', '2026-11-24'],
    // PostgreSQL has no year 0, and offsets lead out of the four-digit years.
    ['from', '0000-01-01T00:00:00Z'],
    ['from', '0001-01-01T00:00:00+00:01'],
    ['until', '9999-12-31T23:59:59-00:01'],
    ['until', '+275760-09-13T00:00:00Z'],
    ['from', '-000001-01-01T00:00:00Z'],
    ['cursor', '_'.repeat(22)],
    ['limit', '0'],
    ['cursor', 'x'],
  ])('refuses %s=%s', async (path, value) => {
    const { body } = await expectProblem(audit({ [path]: value }), 400, 'validation_failed');
    expect(body.errors).toEqual([{ path, message: expect.any(String) }]);
  });

  it.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])('accepts the instant %s', async (instant) => {
    await expectStatus(audit({ from: instant, until: instant }), 200);
  });

  it('is for admins, users and services alike', async () => {
    const { access_token } = await register(app);
    await expectProblem(audit({}, access_token), 403, 'forbidden');
    await expectProblem(call(app, 'GET', '/admin/audit'), 401, 'token_missing');
    for (const [role, status] of [
      ['user', 403],
      ['admin', 200],
    ] as const) {
      const client = await newClient(app, admin, { role, scope: 'admin' });
      const grant = { grant_type: 'client_credentials', scope: 'admin' };
      const { body } = await post(app, '/oauth/token', grant, basic(client));
      expect((await audit({}, body.access_token)).status).toBe(status);
    }
  });
});

describe('GET /auth/me/activity', () => {
  it("shows what happened to the user, also at others' hands, and nothing of others", async () => {
    const stranger = await register(app);
    const user = await register(app);
    await failToSignIn(user);
    await patch(user, { name: 'Ada' });
    const { events } = await activity(user);
    expect(names(events)).toEqual(['user.renamed', 'user.sign_in_failed', 'user.registered']);
    expect(names((await activity(stranger)).events)).toEqual(['user.registered']);
  });

  it('shows users their own addresses, but not who the admin is or where', async () => {
    const user = await register(app);
    await failToSignIn(user);
    await patch(user, { name: 'Ada' });
    const { events } = await activity(user);
    expect(events).toMatchObject([
      { event: 'user.renamed', by: 'admin', ip: null, user_id: null, session_id: null },
      { event: 'user.sign_in_failed', by: 'unknown', ip: '127.0.0.1', details: { code: 'invalid_credentials' } },
      { event: 'user.registered', by: 'you', ip: '127.0.0.1', session_id: user.session_id },
    ]);
    expect(JSON.stringify(events)).not.toContain(admin.user.id);
  });

  it('shows admins what they did to others', async () => {
    const user = await register(app);
    await patch(user, { name: 'Ada' });
    const [newest] = (await activity(admin)).events;
    expect(newest).toMatchObject({ event: 'user.renamed', by: 'you', ip: '127.0.0.1', user_id: user.user.id });
  });

  it('hides a recovery for five minutes, so that a thief does not learn when the owner has been here', async () => {
    const parent = await register(app);
    await granted(app, parent, 'rotate');
    app.clock.advanceSeconds(pastGraceSeconds);
    const owner = await granted(app, parent, 'recover');
    expect(names((await activity(owner)).events)).toEqual(['user.registered']);
    app.clock.advanceSeconds(5 * 60);
    expect(names((await activity(owner)).events)).toEqual(['session.recovered', 'user.registered']);
  });

  it('comes in pages', async () => {
    const user = await register(app);
    for (let i = 0; i < 4; i++) await patch(user, { name: `Name ${i}` });
    const whole = (await activity(user)).events;
    const first = await activity(user, '?limit=2');
    const second = await activity(user, `?limit=2&cursor=${first.next_cursor}`);
    const third = await activity(user, `?limit=2&cursor=${second.next_cursor}`);
    expect([first, second, third].flatMap(({ events }) => events)).toEqual(whole);
    expect(third.next_cursor).toBeNull();
  });

  it("is a user's: a service has none", async () => {
    const client = await newClient(app, admin);
    const { body } = await post(app, '/oauth/token', { grant_type: 'client_credentials' }, basic(client));
    await expectProblem(call(app, 'GET', '/auth/me/activity', { token: body.access_token }), 403, 'user_required');
  });
});
