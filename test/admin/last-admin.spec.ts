import pg from 'pg';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, login, makeAdmin, register } from '../support/http.js';

describe('the last enabled admin', () => {
  let app: TestApp;
  let admin: Tokens;
  beforeEach(async () => {
    app = await startApp();
    admin = await makeAdmin(app);
  });
  afterEach(() => app.close());

  const patch = (by: Tokens, whom: Tokens, body: object) =>
    call(app, 'PATCH', `/users/${whom.user.id}`, { token: by.access_token, body });
  const remove = (by: Tokens, whom: Tokens) =>
    call(app, 'DELETE', `/users/${whom.user.id}`, { token: by.access_token });

  async function expectStillInCharge(tokens: Tokens) {
    await expectStatus(call(app, 'GET', '/users', { token: tokens.access_token }), 200);
  }

  it('cannot be demoted, disabled or deleted', async () => {
    await expectProblem(patch(admin, admin, { role: 'user' }), 409, 'last_admin');
    await expectProblem(patch(admin, admin, { disabled: true }), 409, 'last_admin');
    await expectProblem(patch(admin, admin, { name: 'Ada', disabled: true, role: 'user' }), 409, 'last_admin');
    await expectProblem(remove(admin, admin), 409, 'last_admin');
    await expectStillInCharge(admin);
  });

  it('is the last even if disabled admins exist', async () => {
    const other = await makeAdmin(app);
    await expectStatus(patch(admin, other, { disabled: true }), 200);
    await expectProblem(patch(admin, admin, { role: 'user' }), 409, 'last_admin');
    await expectProblem(patch(admin, admin, { disabled: true }), 409, 'last_admin');
    await expectProblem(remove(admin, admin), 409, 'last_admin');
    await expectStatus(remove(admin, other), 204);
    await expectStillInCharge(admin);
  });

  it('can be renamed, and updated to the present values', async () => {
    await expectStatus(patch(admin, admin, { name: 'Ada', role: 'admin', disabled: false }), 200);
    await expectStillInCharge(admin);
  });

  it('can be deleted once there is another', async () => {
    const { user } = await register(app);
    await expectStatus(
      call(app, 'PATCH', `/users/${user.id}`, { token: admin.access_token, body: { role: 'admin' } }),
      200,
    );
    await expectStatus(remove(admin, admin), 204);
    await expectStillInCharge(await login(app, user.email));
  });

  it.each<[string, (by: Tokens, whom: Tokens) => Promise<Answer>, (by: Tokens, whom: Tokens) => Promise<Answer>]>([
    ['demote', (by, whom) => patch(by, whom, { role: 'user' }), (by, whom) => patch(by, whom, { role: 'user' })],
    ['disable', (by, whom) => patch(by, whom, { disabled: true }), (by, whom) => patch(by, whom, { disabled: true })],
    ['delete', remove, remove],
    ['demote and delete', (by, whom) => patch(by, whom, { role: 'user' }), remove],
  ])('remains when two admins %s each other at the same instant', async (_, oneWay, otherWay) => {
    const other = await makeAdmin(app);
    const responses = await whileRowsAreLocked(app, () => [oneWay(admin, other), otherWay(other, admin)]);

    const [done, refused] = responses.sort((a, b) => a.status - b.status) as [Answer, Answer];
    expect([200, 204]).toContain(done.status);
    await expectProblem(refused, 409, 'last_admin');
    const left = await app.db.query(`SELECT id FROM users WHERE role = 'admin' AND NOT disabled`);
    expect(left).toHaveLength(1);
  });
});

/** Starts the requests while the users are locked, and unlocks when both wait, so neither sees the other's result. */
async function whileRowsAreLocked(app: TestApp, start: () => Promise<Answer>[]): Promise<Answer[]> {
  const holder = new pg.Client({ connectionString: app.db.url });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT id FROM users FOR UPDATE');
    const requests = start();
    for (let waiting = 0; waiting < requests.length;) {
      const [row] = await app.db.query<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      waiting = row?.waiting ?? 0;
    }
    await holder.query('COMMIT');
    return await Promise.all(requests);
  } finally {
    await holder.end();
  }
}
