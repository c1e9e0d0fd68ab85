import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { Clock } from '../../src/common/clock.js';
import { leaseSeconds } from '../../src/database/outbox/outbox-table.js';
import { PeriodicJobs } from '../../src/database/periodic-job.js';
import { OneTimeTokens } from '../../src/emails/one-time-tokens.js';
import { MailOutbox } from '../../src/mail/mail-outbox.js';
import type { StartOptions, TestApp } from '../support/app.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  newEmail,
  register,
  registerConfirmed,
} from '../support/http.js';
import { metric } from '../support/metrics.js';
import { createDatabaseForTest, startAppForTest } from '../support/per-test.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { sendMails } from './mailbox.js';
import type { TestSmtpServer, Verdict } from './smtp-server.js';
import { startSmtpServer } from './smtp-server.js';

const daySeconds = 24 * 60 * 60;

let smtp: TestSmtpServer;
beforeAll(async () => {
  smtp = await startSmtpServer();
});
afterEach(async () => {
  smtp.reset();
  await smtp.start();
});
afterAll(() => smtp.stop());

/** A service that sends through the mail server. Several on one database share a clock. */
function startService(options: Pick<StartOptions, 'database' | 'clock' | 'sendsMails'> = {}): Promise<TestApp> {
  return startAppForTest({ env: { SMTP_URL: smtp.url, MAIL_FROM: 'no-reply@example.com' }, ...options });
}

const mailsFor = (address: string) => smtp.received.filter(({ to }) => to.includes(address));
const offeredFor = (address: string) => smtp.offered.filter(({ to }) => to.includes(address));

async function registered(app: TestApp): Promise<string> {
  return (await register(app)).user.email;
}

interface Row {
  id: string;
  letter: string;
  attempts: number;
  sent: boolean;
  leased: boolean;
  /** Seconds from now, as the service counts them, until it is due. */
  dueIn: number;
}

function rowsFor({ db, clock }: Pick<TestApp, 'db' | 'clock'>, recipient: string): Promise<Row[]> {
  return db.query<Row>(
    `SELECT id, letter, attempts, sent_at IS NOT NULL AS sent, leased_by IS NOT NULL AS leased,
       extract(epoch FROM next_attempt_at - now())::float8 - $2::float8 / 1000 AS "dueIn"
     FROM mail_outbox WHERE recipient = $1 ORDER BY id`,
    [recipient, clock.offsetMs],
  );
}

async function rowFor(app: Pick<TestApp, 'db' | 'clock'>, recipient: string): Promise<Row> {
  const rows = await rowsFor(app, recipient);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

/** Leases the email as an instance that then dies. */
async function leaseAsAnother({ db, clock }: TestApp, id: string): Promise<void> {
  await db.query(
    `UPDATE mail_outbox SET leased_by = $2, attempts = attempts + 1,
       leased_until = now() + $3::float8 * interval '1 millisecond' WHERE id = $1`,
    [id, randomUUID(), clock.offsetMs + leaseSeconds * 1000],
  );
}

/** Makes the server hold its response to a message until the returned function is called. */
function hang(): (verdict: Verdict) => void {
  let release = (_: Verdict): void => undefined;
  const released = new Promise<Verdict>((resolve) => (release = resolve));
  smtp.verdict = () => released;
  return release;
}

it('an email is sent within moments, and emails that waited are sent when the service starts', async () => {
  const database = await createDatabaseForTest();
  const before = await startService({ database });
  const waiting = await registered(before);
  await before.close();
  expect(mailsFor(waiting)).toEqual([]);
  const app = await startService({ database, sendsMails: true });
  const email = await registered(app);
  await until(() => mailsFor(email).length === 1 && mailsFor(waiting).length === 1);
});

describe('while the mail server is away', () => {
  it('an email waits and is retried after 10, 20, 40 ... seconds and no sooner; it arrives once', async () => {
    await smtp.stop();
    const app = await startService();
    const email = await registered(app);
    await sendMails(app);
    for (const [index, delaySeconds] of [10, 20, 40, 80, 160].entries()) {
      const { attempts, dueIn, sent } = await rowFor(app, email);
      expect({ attempts, sent }).toEqual({ attempts: index + 1, sent: false });
      expect(dueIn).toBeLessThanOrEqual(delaySeconds);
      expect(dueIn).toBeGreaterThan(delaySeconds / 2);
      app.clock.advanceSeconds(dueIn - 5);
      await sendMails(app);
      expect((await rowFor(app, email)).attempts).toBe(index + 1);
      app.clock.advanceSeconds(5);
      await sendMails(app);
      expect((await rowFor(app, email)).attempts).toBe(index + 2);
    }
    await smtp.start();
    app.clock.advanceSeconds((await rowFor(app, email)).dueIn);
    await sendMails(app);
    expect(await rowFor(app, email)).toMatchObject({ attempts: 7, sent: true, leased: false });
    app.clock.advanceSeconds(600);
    await sendMails(app);
    expect(mailsFor(email)).toHaveLength(1);
  });

  it('no delay is longer than an hour', async () => {
    await smtp.stop();
    const app = await startService();
    const email = await registered(app);
    await sendMails(app);
    await app.db.query('UPDATE mail_outbox SET attempts = 15');
    app.clock.advanceSeconds(10);
    await sendMails(app);
    const { attempts, dueIn } = await rowFor(app, email);
    expect(attempts).toBe(16);
    expect(dueIn).toBeLessThanOrEqual(3600);
    expect(dueIn).toBeGreaterThan(3500);
  });

  it('an email outlives the service that queued it: the next one sends it, once', async () => {
    const database = await createDatabaseForTest();
    const clock = new Clock();
    await smtp.stop();
    const first = await startService({ database, clock });
    const email = await registered(first);
    await sendMails(first);
    await first.close();
    await smtp.start();
    clock.advanceSeconds(60);
    const second = await startService({ database, clock });
    await sendMails(second);
    await sendMails(second);
    expect(mailsFor(email)).toHaveLength(1);
    expect(smtp.received).toHaveLength(1);
  });

  it('an email is given up after a day and counted as failed', async () => {
    await smtp.stop();
    const app = await startService();
    const email = await registered(app);
    await sendMails(app);
    app.clock.advanceSeconds(daySeconds - 60);
    await sendMails(app);
    expect((await rowFor(app, email)).attempts).toBe(2);
    app.clock.advanceSeconds(60);
    await sendMails(app);
    expect(await rowsFor(app, email)).toEqual([]);
    await smtp.start();
    app.clock.advanceSeconds(daySeconds);
    await sendMails(app);
    expect(smtp.offered).toEqual([]);
    expect(await metric(app, 'pawl_mails_total{result="failed"}')).toBe(1);
  });
});

describe('a mail server that refuses', () => {
  it('a recipient permanently is asked once, and other emails are sent', async () => {
    const app = await startService();
    smtp.recipientStatus = (address) => (address.startsWith('nobody-') ? 550 : 250);
    const email = `nobody-${newEmail()}`;
    await register(app, { email });
    const other = await registered(app);
    await sendMails(app);
    expect(await rowsFor(app, email)).toEqual([]);
    expect(mailsFor(other)).toHaveLength(1);
    smtp.recipientStatus = () => 250;
    app.clock.advanceSeconds(daySeconds / 2);
    await sendMails(app);
    expect(offeredFor(email)).toEqual([]);
    expect(await metric(app, 'pawl_mails_total{result="failed"}')).toBe(1);
  });

  it('a recipient because it refuses the service (5.7) is asked again: the operator can fix that', async () => {
    const app = await startService();
    Object.assign(smtp, { recipientStatus: () => 550, enhancedCode: '5.7.1' });
    const email = await registered(app);
    await sendMails(app);
    expect(await rowFor(app, email)).toMatchObject({ attempts: 1, sent: false });
    smtp.reset();
    app.clock.advanceSeconds(10);
    await sendMails(app);
    expect(mailsFor(email)).toHaveLength(1);
  });

  it('a recipient permanently may say so by an enhanced code (5.1.1)', async () => {
    const app = await startService();
    Object.assign(smtp, { recipientStatus: () => 550, enhancedCode: '5.1.1' });
    const email = await registered(app);
    await sendMails(app);
    expect(await rowsFor(app, email)).toEqual([]);
  });

  it('a recipient temporarily is asked again: greylisting delays an email but loses none', async () => {
    const app = await startService();
    smtp.recipientStatus = (address) => (address.startsWith('grey-') ? 451 : 250);
    const email = `grey-${newEmail()}`;
    await register(app, { email });
    const other = await registered(app);
    await sendMails(app);
    expect(mailsFor(other)).toHaveLength(1);
    expect(await rowFor(app, email)).toMatchObject({ attempts: 1, sent: false, leased: false });
    smtp.recipientStatus = () => 250;
    app.clock.advanceSeconds(10);
    await sendMails(app);
    expect(mailsFor(email)).toHaveLength(1);
  });

  it('nothing, but disconnects after the message, gets it again with the same Message-ID', async () => {
    const app = await startService();
    smtp.verdict = () => 'break';
    const email = await registered(app);
    await sendMails(app);
    const { id } = await rowFor(app, email);
    expect(offeredFor(email)).toHaveLength(1);
    expect(mailsFor(email)).toEqual([]);
    smtp.verdict = () => 'accept';
    app.clock.advanceSeconds(10);
    await sendMails(app);
    expect(mailsFor(email)).toHaveLength(1);
    expect(offeredFor(email).map(({ mail }) => mail.messageId)).toEqual(Array(2).fill(`<${id}@example.com>`));
  });

  it('nothing, but disconnects after the message: the links of both copies work', async () => {
    const app = await startService();
    smtp.verdict = () => 'break';
    const email = await registered(app);
    await sendMails(app);
    smtp.verdict = () => 'accept';
    app.clock.advanceSeconds(10);
    await sendMails(app);
    const [first] = offeredFor(email);
    const token = /#token=([\w-]{43})$/m.exec(first!.mail.text!)![1];
    await expectStatus(call(app, 'POST', '/auth/email/verify', { body: { token, password: goodPassword } }), 204);
  });
});

describe('several instances', () => {
  it('after an instance died while sending, another one sends the same email when the lease ends', async () => {
    const app = await startService();
    smtp.verdict = () => 'break';
    const email = await registered(app);
    await sendMails(app);
    const { id, dueIn } = await rowFor(app, email);
    app.clock.advanceSeconds(dueIn);
    await leaseAsAnother(app, id);
    smtp.verdict = () => 'accept';
    app.clock.advanceSeconds(leaseSeconds - 15);
    await sendMails(app);
    expect(offeredFor(email)).toHaveLength(1);
    app.clock.advanceSeconds(15);
    await sendMails(app);
    expect(mailsFor(email)).toHaveLength(1);
    expect(await rowFor(app, email)).toMatchObject({ attempts: 3, sent: true, leased: false });
    expect(offeredFor(email).map(({ mail }) => mail.messageId)).toEqual(Array(2).fill(`<${id}@example.com>`));
  });

  it('an instance that was suspended for longer than its lease changes nothing when it continues', async () => {
    const database = await createDatabaseForTest();
    const clock = new Clock();
    const [one, other] = [await startService({ database, clock }), await startService({ database, clock })];
    const release = hang();
    const email = await registered(one);
    const first = sendMails(one);
    await until(() => offeredFor(email).length === 1);
    // Its lease has expired, which it has not noticed.
    await database.query(`UPDATE mail_outbox SET leased_by = $1, leased_until = now() - interval '1 s'`, [
      randomUUID(),
    ]);
    smtp.verdict = () => 'accept';
    await sendMails(other);
    expect(mailsFor(email)).toHaveLength(1);
    release('break');
    await first;
    clock.advanceSeconds(daySeconds / 2);
    await Promise.all([sendMails(one), sendMails(other)]);
    expect(mailsFor(email)).toHaveLength(1);
    expect(await rowFor(one, email)).toMatchObject({ sent: true, leased: false });
  });

  it('an instance that sends for longer than a lease renews it: no other instance sends the email too', async () => {
    const database = await createDatabaseForTest();
    const clock = new Clock();
    const [one, other] = [await startService({ database, clock }), await startService({ database, clock })];
    const release = hang();
    const timers = jest.spyOn(globalThis, 'setInterval');
    const email = await registered(one);
    const sending = sendMails(one);
    await until(() => offeredFor(email).length === 1);
    const renewals = timers.mock.calls.filter(([, everyMs]) => everyMs! > 10_000 && everyMs! < leaseSeconds * 500);
    timers.mockRestore();
    expect(renewals).toHaveLength(1);
    const leasedFor = async () => {
      const [row] = await database.query<{ seconds: number }>(
        `SELECT extract(epoch FROM leased_until - now())::float8 - $1::float8 / 1000 AS seconds FROM mail_outbox`,
        [clock.offsetMs],
      );
      return row!.seconds;
    };
    smtp.verdict = () => 'accept';
    for (let i = 0; i < 3; i++) {
      clock.advanceSeconds(leaseSeconds - 30);
      for (const [renew] of renewals) renew();
      await until(async () => (await leasedFor()) > leaseSeconds - 15);
      await sendMails(other);
      expect(offeredFor(email)).toHaveLength(1);
    }
    release('accept');
    await sending;
    expect(await rowFor(one, email)).toMatchObject({ attempts: 1, sent: true, leased: false });
  });

  it('one sends at a time: while another holds any lease, nothing is sent', async () => {
    const app = await startService();
    await smtp.stop();
    const [held, waiting] = [await registered(app), await registered(app)];
    await sendMails(app);
    await smtp.start();
    app.clock.advanceSeconds(60);
    await leaseAsAnother(app, (await rowFor(app, held)).id);
    await sendMails(app);
    expect(smtp.offered).toEqual([]);
    app.clock.advanceSeconds(leaseSeconds - 15);
    await sendMails(app);
    expect(smtp.offered).toEqual([]);
    app.clock.advanceSeconds(15);
    await sendMails(app);
    expect(mailsFor(waiting)).toHaveLength(1);
    expect(mailsFor(held)).toHaveLength(1);
    expect(await rowFor(app, held)).toMatchObject({ attempts: 3, sent: true });
  });

  it('that send at the same time send each of 30 emails once', async () => {
    const database = await createDatabaseForTest();
    const clock = new Clock();
    const [one, other] = [await startService({ database, clock }), await startService({ database, clock })];
    await smtp.stop();
    const emails = await Promise.all(Array.from({ length: 30 }, (_, i) => registered(i % 2 ? one : other)));
    await Promise.all([sendMails(one), sendMails(other)]);
    await smtp.start();
    clock.advanceSeconds(daySeconds / 2);
    await until(async () => {
      await Promise.all([sendMails(one), sendMails(other)]);
      const rows = await database.query('SELECT FROM mail_outbox WHERE sent_at IS NULL');
      return rows.length === 0;
    });
    expect(smtp.received.map(({ to }) => to[0]).sort()).toEqual(emails.sort());
    expect(smtp.offered).toHaveLength(30);
  });

  it('that begin to send one email at the same moment send it once', async () => {
    const database = await createDatabaseForTest();
    const clock = new Clock();
    const apps = [];
    for (let i = 0; i < 3; i++) apps.push(await startService({ database, clock }));
    for (let round = 0; round < 5; round++) {
      const email = newEmail();
      await apps[0]!.nest
        .get(MailOutbox, { strict: false })
        .enqueueEmail({ template: 'password_changed', recipient: email, locale: 'en' });
      await Promise.all(apps.map(sendMails));
      expect(offeredFor(email)).toHaveLength(1);
    }
  });
});

describe('a shutdown', () => {
  it('does not wait for a mail server that hangs, and leaves the email to the next instance', async () => {
    const database = await createDatabaseForTest();
    const clock = new Clock();
    const app = await startService({ database, clock });
    const release = hang();
    const email = await registered(app);
    const sending = sendMails(app);
    await until(() => offeredFor(email).length === 1);
    // The default timeout for a silent mail server is ten minutes, twice as long as a test may take.
    await app.close();
    await sending;
    expect(smtp.received).toEqual([]);
    release('break');
    smtp.verdict = () => 'accept';
    const next = await startService({ database, clock });
    clock.advanceSeconds(leaseSeconds);
    await sendMails(next);
    expect(mailsFor(email)).toHaveLength(1);
  });
});

describe('no email is queued for an action that failed:', () => {
  const mails = (app: TestApp) => app.db.query('SELECT letter, recipient FROM mail_outbox');

  it('a registration with a taken address or a weak password', async () => {
    const app = await startService();
    const { user } = await register(app);
    await app.db.query('DELETE FROM mail_outbox');
    const attempt = (body: object) => call(app, 'POST', '/auth/register', { body });
    await expectProblem(attempt({ email: user.email, password: goodPassword }), 409, 'email_taken');
    await expectProblem(attempt({ email: newEmail(), password: 'password123' }), 400, 'password_too_weak');
    await expectProblem(attempt({ email: newEmail(), password: 'short' }), 400, 'validation_failed');
    expect(await mails(app)).toEqual([]);
  });

  it('of registrations that race for an address, only the winner queues one', async () => {
    const app = await startService();
    const body = { email: newEmail(), password: goodPassword };
    const answers = await Promise.all(Array.from({ length: 8 }, () => call(app, 'POST', '/auth/register', { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    expect(await mails(app)).toEqual([{ letter: 'verify_email', recipient: body.email }]);
  });

  it('a registration that fails at its last statement', async () => {
    const app = await startService();
    await app.db.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused by the test'; END $$`);
    await app.db.query('CREATE TRIGGER refuse BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION refuse()');
    const body = { email: newEmail(), password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/register', { body }), 500, 'internal_error');
    expect(await app.db.query('SELECT email FROM users')).toEqual([]);
    expect(await mails(app)).toEqual([]);
  });
});

describe('an email whose reason no longer applies when it is sent', () => {
  it('is not sent: the address was confirmed in the meantime', async () => {
    await smtp.stop();
    const app = await startService();
    const { user } = await register(app);
    await sendMails(app);
    await app.db.query('UPDATE users SET email_verified = true WHERE id = $1', [user.id]);
    await smtp.start();
    app.clock.advanceSeconds(10);
    await sendMails(app);
    expect(smtp.offered).toEqual([]);
    expect(await rowsFor(app, user.email)).toEqual([]);
    expect(await metric(app, 'pawl_mails_total{result="unneeded"}')).toBe(1);
  });

  it('is not sent: links of a deleted user are discarded, but notices still go out', async () => {
    await smtp.stop();
    const app = await startService();
    const { user, access_token: token } = await registerConfirmed(app);
    const newAddress = newEmail();
    await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email: user.email } }), 202);
    const change = { email: newAddress, password: goodPassword };
    await expectStatus(call(app, 'POST', '/auth/email', { token, body: change }), 202);
    await sendMails(app);
    expect(await app.db.query('SELECT FROM mail_outbox')).toHaveLength(3);
    await expectStatus(call(app, 'POST', '/auth/me/delete', { token, body: { password: goodPassword } }), 204);
    // The notices go to the owner, in case somebody else has done it.
    expect(await app.db.query('SELECT letter, recipient FROM mail_outbox ORDER BY id')).toEqual([
      { letter: 'email_change_requested', recipient: user.email },
      { letter: 'account_deleted', recipient: user.email },
    ]);
    await smtp.start();
    app.clock.advanceSeconds(daySeconds / 2);
    await sendMails(app);
    expect(smtp.received.map(({ to, mail }) => [to, mail.subject]).sort()).toEqual([
      [[user.email], 'Request to change your email address at localhost:3000'],
      [[user.email], 'Your account at localhost:3000 was deleted'],
    ]);
  });
});

describe('while the database is away', () => {
  async function startBehindProxy() {
    const database = await createDatabaseForTest();
    const proxy = await startTcpProxy(database.url);
    const app = await startService({ database: { ...database, url: proxy.url } });
    return { app: { ...app, db: database }, proxy };
  }

  it('an email that the server took at that moment is marked as sent later, and not sent again', async () => {
    const { app, proxy } = await startBehindProxy();
    const email = await registered(app);
    smtp.verdict = async (): Promise<Verdict> => {
      await proxy.cut();
      return 'accept';
    };
    const sending = sendMails(app);
    await until(() => mailsFor(email).length === 1);
    smtp.verdict = () => 'accept';
    expect((await rowFor(app, email)).sent).toBe(false);
    await proxy.resume();
    await sending;
    expect(await rowFor(app, email)).toMatchObject({ sent: true, leased: false });
    app.clock.advanceSeconds(daySeconds / 2);
    await sendMails(app);
    expect(offeredFor(email)).toHaveLength(1);
    await app.close();
    await proxy.close();
  });

  it('for longer than a lease, an email is not sent again by the instance that sent it', async () => {
    const { app, proxy } = await startBehindProxy();
    const email = await registered(app);
    smtp.verdict = async (): Promise<Verdict> => {
      await proxy.cut();
      return 'accept';
    };
    const sending = sendMails(app);
    await until(() => mailsFor(email).length === 1);
    smtp.verdict = () => 'accept';
    // So long that the instance gives up: a lease has expired whenever it looks.
    const now = performance.now.bind(performance);
    let looks = 0;
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now() + ++looks * leaseSeconds * 1000);
    try {
      await sending;
    } finally {
      later.mockRestore();
    }
    expect(await rowFor(app, email)).toMatchObject({ sent: false, leased: true });
    await proxy.resume();
    app.clock.advanceSeconds(leaseSeconds);
    await until(async () => {
      await sendMails(app);
      return (await rowFor(app, email)).sent;
    });
    expect(offeredFor(email)).toHaveLength(1);
    await app.close();
    await proxy.close();
  });

  it('the sender continues: it resolves, and the emails are sent when the database is back', async () => {
    const { app, proxy } = await startBehindProxy();
    await smtp.stop();
    const email = await registered(app);
    await sendMails(app);
    await proxy.cut();
    await expect(sendMails(app)).resolves.toBeUndefined();
    await expect(app.nest.get(PeriodicJobs, { strict: false }).runAllNow()).resolves.toBeUndefined();
    await smtp.start();
    await proxy.resume();
    app.clock.advanceSeconds(10);
    await until(async () => {
      await sendMails(app);
      return mailsFor(email).length > 0;
    });
    await sendMails(app);
    expect(offeredFor(email)).toHaveLength(1);
    await app.close();
    await proxy.close();
  });
});

describe('what the database stores', () => {
  it('of an email is what is needed to compose it: no text, no link and no token', async () => {
    const app = await startService();
    const email = await registered(app);
    await sendMails(app);
    const columns = await app.db.query<{ column_name: string }>(
      `SELECT column_name FROM information_schema.columns WHERE table_name = 'mail_outbox'`,
    );
    expect(columns.map(({ column_name }) => column_name).sort()).toEqual([
      'attempts',
      'created_at',
      'id',
      'leased_by',
      'leased_until',
      'letter',
      'locale',
      'next_attempt_at',
      'recipient',
      'sent_at',
      'session_id',
      'state_hash',
      'user_id',
    ]);
    const token = /#token=([\w-]{43})$/m.exec(mailsFor(email)[0]!.mail.text!)![1]!;
    const [{ kept } = { kept: '' }] = await app.db.query<{ kept: string }>(
      `SELECT (SELECT string_agg(m::text, ' ') FROM mail_outbox m) || (SELECT string_agg(t::text, ' ') FROM one_time_tokens t)
         AS kept`,
    );
    expect(kept).toContain(email);
    for (const form of [token, Buffer.from(token).toString('hex'), Buffer.from(token, 'base64url').toString('hex')]) {
      expect(kept).not.toContain(form);
    }
  });

  it('of a sent email is deleted after a day; emails that wait are kept', async () => {
    const app = await startService();
    const sent = await registered(app);
    await sendMails(app);
    await smtp.stop();
    const waiting = await registered(app);
    await sendMails(app);
    const { table } = app.nest.get(MailOutbox, { strict: false });
    app.clock.advanceSeconds(daySeconds - 60);
    await table.deleteSent();
    expect(await rowsFor(app, sent)).toHaveLength(1);
    app.clock.advanceSeconds(60);
    await table.deleteSent();
    expect(await rowsFor(app, sent)).toEqual([]);
    expect(await rowsFor(app, waiting)).toHaveLength(1);
  });

  it('of a link is deleted when it has expired', async () => {
    const app = await startService();
    await registered(app);
    await sendMails(app);
    const tokens = app.nest.get(OneTimeTokens, { strict: false });
    const kept = () => app.db.query('SELECT purpose FROM one_time_tokens');
    app.clock.advanceSeconds(59 * 60);
    await tokens.deleteExpired();
    expect(await kept()).toEqual([{ purpose: 'verify_email' }]);
    app.clock.advanceSeconds(60);
    await tokens.deleteExpired();
    expect(await kept()).toEqual([]);
  });
});

describe('the metrics', () => {
  it('count attempts by result, from 0, and show how many emails wait and for how long', async () => {
    const app = await startService();
    const results = ['sent', 'retried', 'failed', 'unneeded'];
    const counts = async () =>
      Object.fromEntries(
        await Promise.all(
          results.map(async (result) => [result, await metric(app, `pawl_mails_total{result="${result}"}`)] as const),
        ),
      );
    const waiting = () => metric(app, 'pawl_mail_outbox_waiting');
    const oldest = () => metric(app, 'pawl_mail_outbox_oldest_seconds');
    expect(await counts()).toEqual({ sent: 0, retried: 0, failed: 0, unneeded: 0 });
    expect([await waiting(), await oldest()]).toEqual([0, 0]);

    await smtp.stop();
    await registered(app);
    await registered(app);
    await sendMails(app);
    expect(await counts()).toEqual({ sent: 0, retried: 2, failed: 0, unneeded: 0 });
    expect(await waiting()).toBe(2);
    app.clock.advanceSeconds(3600);
    await sendMails(app);
    expect(await oldest()).toBeGreaterThanOrEqual(3600);

    await smtp.start();
    app.clock.advanceSeconds(3600);
    await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email: newEmail() } }), 202);
    await sendMails(app);
    expect(await counts()).toEqual({ sent: 2, retried: 4, failed: 0, unneeded: 1 });
    expect([await waiting(), await oldest()]).toEqual([0, 0]);
  });
});
