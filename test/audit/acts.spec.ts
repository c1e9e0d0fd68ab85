import { basic, createClient, deleteClient, newClient, post, signInWith } from '../oauth/clients.js';
import { granted, pastGraceSeconds } from '../sessions/refresh-story.js';
import { logStatements, statementsDuring } from '../sessions/statement-log.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  makeAdmin,
  newEmail,
  refresh,
  register,
} from '../support/http.js';
import { until } from '../support/until.js';
import { eventsOf, trailOf } from './trail.js';

let database: TestDatabase;
let app: TestApp;
let admin: Tokens;
beforeAll(async () => {
  database = await createTestDatabase();
  await logStatements(database);
  app = await startApp({ database, env: { MAX_SESSIONS_PER_USER: '2' } });
  admin = await makeAdmin(app);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const ip = '127.0.0.1';
const nobody = {
  actor_user_id: null,
  actor_client_id: null,
  subject_user_id: null,
  subject_client_id: null,
  session_id: null,
  ip,
  details: null,
};
const wait = () => app.clock.advanceSeconds(pastGraceSeconds);
const signInWrongly = (email: string) =>
  call(app, 'POST', '/auth/login', { body: { email, password: 'not the password' } });

describe('signing in', () => {
  it('registering and signing in leave a row each, with the session and the address', async () => {
    const one = await register(app);
    const two = await login(app, one.user.email);
    const self = { ...nobody, actor_user_id: one.user.id, subject_user_id: one.user.id };
    expect(await trailOf(database, one.user.id)).toEqual([
      { ...self, event: 'user.registered', session_id: one.session_id },
      { ...self, event: 'user.signed_in', session_id: two.session_id },
    ]);
  });

  it('the row is written by the statement that starts the session', async () => {
    const { user } = await register(app);
    const statements = await statementsDuring(database, () => login(app, user.email));
    expect(statements.filter((statement) => /^(BEGIN|INSERT|UPDATE|WITH u AS)/.test(statement))).toEqual([
      expect.stringMatching(/^WITH u AS/),
    ]);
    expect(await eventsOf(database, user.id)).toEqual(['user.registered', 'user.signed_in']);
  });

  it('a wrong password leaves one that names the account and no actor', async () => {
    const { user } = await register(app);
    await expectProblem(signInWrongly(user.email), 401, 'invalid_credentials');
    await until(async () => (await eventsOf(database, user.id)).length === 2);
    expect((await trailOf(database, user.id)).at(-1)).toEqual({
      ...nobody,
      event: 'user.sign_in_failed',
      subject_user_id: user.id,
      details: { code: 'invalid_credentials' },
    });
  });

  it('so does an unknown address, without the address', async () => {
    const failures = () => database.query(`SELECT * FROM audit_events WHERE event = 'user.sign_in_failed'`);
    const before = (await failures()).length;
    const email = newEmail();
    await expectProblem(signInWrongly(email), 401, 'invalid_credentials');
    await until(async () => (await failures()).length === before + 1);
    expect(JSON.stringify(await failures())).not.toContain(email);
  });

  it('a session that ends because of the limit leaves its own row', async () => {
    const oldest = await register(app);
    await login(app, oldest.user.email);
    await login(app, oldest.user.email);
    expect((await trailOf(database, oldest.user.id)).at(-1)).toEqual({
      ...nobody,
      event: 'session.revoked',
      subject_user_id: oldest.user.id,
      session_id: oldest.session_id,
      ip: null,
      details: { reason: 'limit' },
    });
  });
});

describe('a refresh', () => {
  it('that rotates, is held or is repeated leaves none', async () => {
    const first = await register(app);
    const second = await granted(app, first, 'rotate');
    await granted(app, second, 'hold');
    await granted(app, first, 'replay');
    expect(await eventsOf(database, first.user.id)).toEqual(['user.registered']);
  });

  it('that recovers leaves one; so does a reuse, with the end of the session', async () => {
    const parent = await register(app);
    await granted(app, parent, 'rotate');
    wait();
    const owner = await granted(app, parent, 'recover');
    wait();
    await granted(app, owner, 'rotate');
    await expectProblem(refresh(app, parent.refresh_token), 401, 'refresh_reused');
    await expectProblem(refresh(app, parent.refresh_token), 401, 'session_revoked');
    const about = { ...nobody, subject_user_id: parent.user.id, session_id: parent.session_id };
    expect((await trailOf(database, parent.user.id)).slice(1)).toEqual([
      { ...about, event: 'session.recovered' },
      { ...about, event: 'session.reused' },
    ]);
  });
});

it('signing out of one session, of another and of all leaves one row each; without a session, none', async () => {
  const one = await register(app);
  const { id } = one.user;
  const signOut = () => call(app, 'POST', '/auth/logout', { body: { refresh_token: one.refresh_token } });
  await expectStatus(signOut(), 204);
  await expectStatus(signOut(), 204);
  const two = await login(app, one.user.email);
  const three = await login(app, one.user.email);
  await expectStatus(call(app, 'DELETE', `/auth/sessions/${two.session_id}`, { token: three.access_token }), 204);
  await expectStatus(call(app, 'POST', '/auth/logout-all', { token: three.access_token }), 204);
  const own = { ...nobody, actor_user_id: id, subject_user_id: id };
  const ends = (await trailOf(database, id)).filter(({ event }) => event !== 'user.signed_in');
  expect(ends.slice(1)).toEqual([
    { ...own, event: 'session.revoked', session_id: one.session_id, details: { reason: 'logout' } },
    { ...own, event: 'session.revoked', session_id: two.session_id, details: { reason: 'revoked' } },
    { ...own, event: 'user.signed_out_everywhere' },
  ]);
});

describe('an act of an admin', () => {
  it('is in the row of the user it happened to, also after the user is gone', async () => {
    const { access_token: token } = admin;
    const created = { email: newEmail(), password: goodPassword, name: 'Grace' };
    const { id } = await expectStatus(call(app, 'POST', '/users', { token, body: created }), 201);
    const change = { role: 'admin', disabled: true, name: 'Hopper' };
    await expectStatus(call(app, 'PATCH', `/users/${id}`, { token, body: change }), 200);
    await expectStatus(call(app, 'DELETE', `/users/${id}`, { token }), 204);
    const act = { ...nobody, actor_user_id: admin.user.id, subject_user_id: id };
    expect(await trailOf(database, id)).toEqual([
      { ...act, event: 'user.created', details: { role: 'user' } },
      { ...act, event: 'user.role_changed', details: { role: 'admin' } },
      { ...act, event: 'user.disabled' },
      { ...act, event: 'user.renamed' },
      { ...act, event: 'user.deleted' },
    ]);
    const all = JSON.stringify(await database.query('SELECT * FROM audit_events'));
    for (const secret of [created.email, created.name, change.name, goodPassword]) expect(all).not.toContain(secret);
  });

  it('that is refused leaves none: row and action are one transaction', async () => {
    const { access_token: token, user } = admin;
    const before = await eventsOf(database, user.id);
    await expectProblem(call(app, 'DELETE', `/users/${user.id}`, { token }), 409, 'last_admin');
    await expectProblem(
      call(app, 'POST', '/users', { token, body: { ...user, password: goodPassword } }),
      400,
      'validation_failed',
    );
    const taken = { email: user.email, password: goodPassword };
    await expectProblem(call(app, 'POST', '/users', { token, body: taken }), 409, 'email_taken');
    expect(await eventsOf(database, user.id)).toEqual(before);
  });

  it('does not happen when its row cannot be written', async () => {
    const { user } = await register(app);
    await database.query(`
      CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no row today' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER refuse_row BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_row()`);
    try {
      const { access_token: token } = admin;
      const disable = call(app, 'PATCH', `/users/${user.id}`, { token, body: { disabled: true } });
      await expectProblem(disable, 503, 'database_unavailable');
      const signIn = { body: { email: user.email, password: goodPassword } };
      await expectProblem(call(app, 'POST', '/auth/login', signIn), 503, 'database_unavailable');
    } finally {
      await database.query('DROP FUNCTION refuse_row CASCADE');
    }
    const [row] = await database.query('SELECT disabled, last_sign_in_at FROM users WHERE id = $1', [user.id]);
    expect(row).toMatchObject({ disabled: false });
    expect(await database.query('SELECT FROM sessions WHERE user_id = $1', [user.id])).toHaveLength(1);
    await login(app, user.email);
    expect(await eventsOf(database, user.id)).toEqual(['user.registered', 'user.signed_in']);
  });
});

it('events of and by an OAuth client name the client', async () => {
  const client = await newClient(app, admin);
  const { client_id: id } = client;
  const form = { grant_type: 'client_credentials' };
  await post(app, '/oauth/token', form, basic({ ...client, client_secret: 'wrong' }));
  const { body: service } = await post(app, '/oauth/token', form, basic(client));
  const user = await signInWith(app, client);
  for (const token of [user.refresh_token, service.access_token]) {
    expect((await post(app, '/oauth/revoke', { token }, basic(client))).status).toBe(200);
  }
  await expectStatus(call(app, 'POST', `/admin/clients/${id}/secret`, { token: admin.access_token }), 201);
  await expectStatus(deleteClient(app, admin, client), 204);
  await until(async () => (await eventsOf(database, id)).length === 6);

  const trail = await trailOf(database, id);
  const byAdmin = { ...nobody, actor_user_id: admin.user.id, subject_client_id: id };
  const byClient = { ...nobody, actor_client_id: id };
  const ofSession = { subject_user_id: user.user.id, session_id: user.session_id };
  expect(trail).toEqual([
    { ...byAdmin, event: 'client.created', details: { role: 'user' } },
    { ...nobody, event: 'client.refused', subject_client_id: id, details: { method: 'client_secret_basic' } },
    { ...byClient, ...ofSession, event: 'session.revoked', details: { reason: 'token_revoked' } },
    { ...byClient, event: 'token.revoked', details: { jti: expect.any(String) } },
    { ...byAdmin, event: 'client.secret_added' },
    { ...byAdmin, event: 'client.deleted' },
  ]);
  const refused = await createClient(app, admin, { grant_types: ['client_credentials'], role: 'nobody' });
  await expectProblem(refused, 400, 'validation_failed');
});
