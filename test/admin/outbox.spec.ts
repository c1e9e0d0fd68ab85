import { sendMails } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, makeAdmin, newEmail, register } from '../support/http.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startApp({ env: { ROLES: 'editor' } });
  token = (await makeAdmin(app)).access_token;
  await sendMails(app);
});
afterAll(() => app.close());

const list = (query = '') => expectStatus(call(app, 'GET', `/admin/emails${query}`, { token }), 200);

describe('the outbox of emails, as admins see it', () => {
  it('shows which email waits for whom, and what became of it, and nothing of its content', async () => {
    const email = newEmail();
    await register(app, { email });
    const [waiting] = (await list('?limit=1')).emails;
    expect(waiting).toEqual({
      id: expect.any(String),
      template: 'verify_email',
      recipient: email,
      user_id: null,
      state: 'waiting',
      attempts: 0,
      created_at: expect.any(String),
      next_attempt_at: expect.any(String),
      sent_at: null,
    });
    await sendMails(app);
    const [sent] = (await list('?limit=1')).emails;
    expect(sent).toMatchObject({ id: waiting.id, state: 'sent', attempts: 1, next_attempt_at: null });
    expect(Date.parse(sent.sent_at)).not.toBeNaN();
  });

  it('says when an email is being sent', async () => {
    const email = newEmail();
    await register(app, { email });
    const sql = `UPDATE mail_outbox SET leased_by = gen_random_uuid(), leased_until = now() + interval '1 minute'
      WHERE recipient = $1`;
    await app.db.query(sql, [email]);
    expect((await list('?limit=1')).emails[0]).toMatchObject({ recipient: email, state: 'sending' });
    await app.db.query('DELETE FROM mail_outbox WHERE recipient = $1', [email]);
  });

  it('is read page by page, newest first, and filtered', async () => {
    await sendMails(app);
    await register(app, { email: newEmail() });
    await register(app, { email: newEmail() });
    const waiting = await list('?sent=false');
    expect(waiting.emails).toHaveLength(2);
    expect(new Set((await list('?sent=true')).emails.map(({ state }: { state: string }) => state))).toEqual(
      new Set(['sent']),
    );
    const first = await list('?sent=false&limit=1');
    const second = await list(`?sent=false&limit=1&cursor=${first.next_cursor}`);
    expect([...first.emails, ...second.emails]).toEqual(waiting.emails);
    expect(second.next_cursor).toBeNull();
  });

  it('is for admins only, and refuses another filter', async () => {
    const { access_token: user } = await register(app);
    await expectProblem(call(app, 'GET', '/admin/emails', { token: user }), 403, 'forbidden');
    await expectProblem(call(app, 'GET', '/admin/emails'), 401, 'token_missing');
    await expectProblem(call(app, 'GET', '/admin/emails?sent=1', { token }), 400, 'validation_failed');
  });
});

describe('the roles', () => {
  it('are those of the settings, for admins to choose from', async () => {
    const { roles } = await expectStatus(call(app, 'GET', '/admin/roles', { token }), 200);
    expect(roles).toEqual(['user', 'admin', 'editor']);
    const { access_token: user } = await register(app);
    await expectProblem(call(app, 'GET', '/admin/roles', { token: user }), 403, 'forbidden');
  });
});
