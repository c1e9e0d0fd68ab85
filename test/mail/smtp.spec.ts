import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';
import { rawSocket } from '../support/raw-http.js';
import { until } from '../support/until.js';
import { sendMails } from './mailbox.js';
import type { Arrival, TestSmtpServer, Verdict } from './smtp-server.js';
import { startSmtpServer } from './smtp-server.js';

const credentials = { user: 'pawl@relay', password: 'se/cr#t%p@ss:w0rd' };
const mailFrom = 'Example Accounts <no-reply@accounts.example.com>';

let smtp: TestSmtpServer;
let app: TestApp;
const log = recordingDestination();
beforeAll(async () => {
  smtp = await startSmtpServer({ credentials });
  app = await startApp({
    env: { SMTP_URL: smtp.url, MAIL_FROM: mailFrom, LOG_LEVEL: 'info' },
    logDestination: log,
  });
});
afterEach(async () => {
  smtp.reset();
  await smtp.start();
  // Emails of one test must not be sent during the next.
  await app.db.query('DELETE FROM mail_outbox');
  log.lines.length = 0;
});
afterAll(async () => {
  await smtp.stop();
  await app.close();
});

const mailsFor = (address: string) => smtp.received.filter(({ to }) => to.includes(address));
const headerOf = ({ mail }: Arrival, name: string) => mail.headers.find(({ key }) => key === name)?.value;
const linksIn = (text: string) => text.match(/\bhttps?:\/\/[^\s"'<>]+/g) ?? [];

function tokenOf({ mail }: Arrival): string {
  return /#token=([\w-]{43})$/m.exec(mail.text ?? '')![1]!;
}

/** The email that a registration sends. */
async function registrationMail(headers: Record<string, string> = {}): Promise<Arrival> {
  const email = newEmail();
  await expectStatus(call(app, 'POST', '/auth/register', { body: { email, password: goodPassword }, headers }), 201);
  await sendMails(app);
  const arrived = mailsFor(email);
  expect(arrived).toHaveLength(1);
  return arrived[0]!;
}

describe('an email that arrives', () => {
  it('is from MAIL_FROM, addressed to its recipient only, and sent with the credentials in SMTP_URL', async () => {
    const email = newEmail();
    await register(app, { email });
    await sendMails(app);
    const [arrival, ...more] = smtp.received;
    expect(more).toEqual([]);
    expect(arrival).toMatchObject({
      user: credentials.user,
      from: 'no-reply@accounts.example.com',
      to: [email],
      mail: {
        from: { name: 'Example Accounts', address: 'no-reply@accounts.example.com' },
        to: [{ name: '', address: email }],
        subject: 'Confirm your email address for localhost:3000',
      },
    });
    expect(arrival!.mail).not.toHaveProperty('cc');
    expect(arrival!.mail).not.toHaveProperty('bcc');
  });

  it('has the id of its outbox row as Message-ID, so that a mail server recognises a second attempt', async () => {
    const arrival = await registrationMail();
    const [row] = await app.db.query<{ id: string }>('SELECT id FROM mail_outbox WHERE recipient = $1', [
      arrival.to[0],
    ]);
    expect(arrival.mail.messageId).toBe(`<${row!.id}@accounts.example.com>`);
  });

  it('is marked as automatic, so that no vacation notice is sent in reply', async () => {
    expect(headerOf(await registrationMail(), 'auto-submitted')).toBe('auto-generated');
  });

  it('has a text and an HTML part with the same link', async () => {
    const { mail } = await registrationMail();
    const [link, ...others] = linksIn(mail.text!);
    expect(others).toEqual([]);
    expect(link).toMatch(/^http:\/\/localhost:3000\/account\/verify-email#token=[\w-]{43}$/);
    expect(mail.html!.match(/<a /g)).toHaveLength(1);
    expect(mail.html).toContain(`<a href="${link}"`);
    expect(mail.attachments).toEqual([]);
  });

  it.each([
    ['ko-KR,ko;q=0.9', 'ko', /[가-힣]/],
    ['en-GB', 'en', /^[ -~]+$/],
  ])('is in the language of the browser (%s)', async (accept, language, subject) => {
    const arrival = await registrationMail({ 'accept-language': accept });
    expect(headerOf(arrival, 'content-language')).toBe(language);
    expect(arrival.mail.html).toContain(`<html lang="${language}">`);
    expect(arrival.mail.subject).toMatch(subject);
    // Everything on the wire is ASCII in every language, so that an old server does not damage it.
    expect(arrival.source).toMatch(/^[\t\r\n -~]+$/);
  });

  it('loads nothing and has no other link, so that reading it is not visible to anyone', async () => {
    const { mail } = await registrationMail();
    const [link] = linksIn(mail.text!);
    expect(new Set(linksIn(mail.html!))).toEqual(new Set([link]));
    expect(mail.html).not.toMatch(/\bsrc\s*=|url\(|@import|<(link|script|img|iframe|object|form|meta http)/i);
    expect(mail.html).not.toMatch(/(?:href|action)\s*=\s*"(?!http:\/\/localhost:3000\/account\/verify-email#)/i);
  });
});

describe('using the service to write to strangers', () => {
  /** Requests that send every email, by a user whose name is a message of its own. */
  async function sendEveryEmail(service: TestApp, name: string): Promise<void> {
    const [email, newAddress] = [newEmail(), newEmail()];
    const password = `${goodPassword} 2`;
    const { access_token: token } = await register(service, { email, name });
    const taken = (await register(service, { name })).user.email;
    await expectStatus(call(service, 'POST', '/auth/password/forgot', { body: { email } }), 202);
    const request = (address: string) =>
      call(service, 'POST', '/auth/email', { token, body: { email: address, password: goodPassword } });
    await expectStatus(request(taken), 202);
    await expectStatus(request(newAddress), 202);
    await sendMails(service);
    const link = tokenOf(mailsFor(email)[0]!);
    await expectStatus(
      call(service, 'POST', '/auth/email/verify', { body: { token: link, password: goodPassword } }),
      204,
    );
    await expectStatus(request(newAddress), 202);
    app.clock.advanceSeconds(60);
    await sendMails(service);
    const confirmation = tokenOf(mailsFor(newAddress).at(-1)!);
    await expectStatus(
      call(service, 'POST', '/auth/email/verify', { body: { token: confirmation, password: goodPassword } }),
      204,
    );
    const change = { current_password: goodPassword, new_password: password };
    const changed = (await expectStatus(
      call(service, 'POST', '/auth/password', { token, body: change }),
      200,
    )) as Tokens;
    await sendMails(service);
    const { access_token: renewed } = changed;
    await expectStatus(call(service, 'POST', '/auth/me/delete', { token: renewed, body: { password } }), 204);
    await sendMails(service);
  }

  it('the name that a user has chosen is in no email', async () => {
    await sendEveryEmail(app, 'Click http://evil.example');
    const subjects = smtp.received.map(({ mail }) => mail.subject);
    for (const words of [
      'Confirm your email address',
      'already have an account',
      'Choose a new password',
      'Confirm your new email address',
      'Request to change your email address',
      'email address at localhost:3000 was changed',
      'password at localhost:3000 was changed',
      'was deleted',
    ]) {
      expect(subjects).toContainEqual(expect.stringContaining(words));
    }
    for (const { mail, source } of smtp.received) {
      expect(JSON.stringify([mail, source])).not.toMatch(/evil|Click/i);
    }
  });

  it.each([
    ['another header', 'victim@example.com\r\nBcc: stranger@evil.example'],
    ['a line feed alone', 'victim@example.com\nBcc:stranger@evil.example'],
    ['a carriage return alone', 'victim@example.com\rBcc:stranger@evil.example'],
    ['a body', 'victim@example.com\r\n\r\nClick http://evil.example'],
    ['SMTP commands', 'victim@example.com>\r\nRCPT TO:<stranger@evil.example'],
    ['a second recipient', 'victim@example.com,stranger@evil.example'],
    ['a second recipient in a name', 'stranger@evil.example <victim@example.com>'],
    ['a quoted part that hides one', '"stranger@evil.example "@example.com'],
    ['a null byte', 'victim@example.com\u0000stranger@evil.example'],
    ['a line separator', 'victim@example.com\u2028Bcc:stranger@evil.example'],
  ])('an address with %s is rejected everywhere with 400: no header can be injected', async (_, email) => {
    const { access_token: token } = await register(app);
    await app.db.query('DELETE FROM mail_outbox');
    const password = goodPassword;
    for (const [path, body] of [
      ['/auth/register', { email, password }],
      ['/auth/email/resend', { email }],
      ['/auth/password/forgot', { email }],
      ['/auth/email', { email, password }],
    ] as const) {
      await expectProblem(call(app, 'POST', path, { token, body }), 400, 'validation_failed');
    }
    expect(await app.db.query('SELECT recipient FROM mail_outbox')).toEqual([]);
  });

  it('a link leads to PUBLIC_URL, whatever headers the request has (host header poisoning of a reset link)', async () => {
    const { user } = await register(app);
    const body = JSON.stringify({ email: user.email });
    const response = await rawSocket(
      app,
      [
        'POST /auth/password/forgot HTTP/1.1',
        'Host: evil.example',
        'X-Forwarded-Host: evil.example',
        'X-Forwarded-Proto: https',
        'Forwarded: host=evil.example;proto=https',
        'X-Original-URL: https://evil.example/',
        'Referer: https://evil.example/',
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
    );
    expect(response).toMatch(/^HTTP\/1\.1 202 /);
    await sendMails(app);
    const [mail] = mailsFor(user.email).filter(({ mail }) => mail.subject!.includes('new password'));
    expect(linksIn(mail!.mail.text!)).toEqual([
      expect.stringMatching(/^http:\/\/localhost:3000\/account\/reset-password#/),
    ]);
    expect(mail!.source).not.toContain('evil');
  });

  it('a name that contains a header line adds no header', async () => {
    const response = await call(app, 'POST', '/auth/register', {
      body: { email: newEmail(), password: goodPassword, name: 'x\r\nBcc: stranger@evil.example' },
    });
    expect([201, 400]).toContain(response.status);
    await sendMails(app);
    for (const { source, to } of smtp.received) {
      expect(to).toHaveLength(1);
      expect(source).not.toMatch(/evil|^bcc/im);
    }
  });
});

describe('a mail server that hangs', () => {
  it('does not delay requests, whether the address has an account or not', async () => {
    let release = (_: Verdict): void => undefined;
    const released = new Promise<Verdict>((resolve) => (release = resolve));
    smtp.verdict = () => released;
    const { user } = await register(app);
    const sending = sendMails(app);
    await until(() => smtp.offered.length === 1);
    try {
      for (const email of [user.email, newEmail()]) {
        await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email } }), 202);
        await expectStatus(call(app, 'POST', '/auth/email/resend', { body: { email } }), 202);
      }
      await register(app);
      expect(smtp.received).toEqual([]);
    } finally {
      release('accept');
    }
    await sending;
    await sendMails(app);
    expect(mailsFor(user.email).map(({ mail }) => mail.subject)).toContainEqual(expect.stringContaining('password'));
  });
});

describe('the log, while emails are refused,', () => {
  const attempts = () => log.text.match(/"msg":"An email could not be sent[^}]*/g) ?? [];

  /** A reader of the log learns that an email was not sent, and why, but no secret and no recipient. */
  function expectNothingTold(email: string): void {
    expect(attempts()).not.toEqual([]);
    const [local] = email.split('@');
    for (const secret of [email, local!, credentials.password, encodeURIComponent(credentials.password), smtp.url]) {
      expect(log.text).not.toContain(secret);
    }
    expect(log.text).not.toMatch(/#token=|smtp:\/\//);
    for (const { mail } of smtp.offered) {
      const token = /#token=([\w-]{43})/.exec(mail.text ?? '')?.[1];
      if (token !== undefined) expect(log.text).not.toContain(token);
    }
  }

  it.each([
    ['refuses the recipient for good', 550, '', 'EENVELOPE RCPT TO 550'],
    ['refuses the recipient for now', 451, '', 'EENVELOPE RCPT TO 451'],
    ['says why', 550, '5.7.1', 'EENVELOPE RCPT TO 550 5.7.1'],
  ])(
    'has the code of a server that %s, but not its words, a password, a token or an address',
    async (_, status, enhancedCode, reason) => {
      Object.assign(smtp, { recipientStatus: () => status, enhancedCode });
      const { user } = await register(app);
      await sendMails(app);
      expectNothingTold(user.email);
      expect(attempts().join()).toContain(`"reason":"${reason}"`);
    },
  );

  it('has no token of an email that arrived but was not confirmed', async () => {
    smtp.verdict = () => 'break';
    const { user } = await register(app);
    await sendMails(app);
    expect(tokenOf(smtp.offered[0]!)).toHaveLength(43);
    expectNothingTold(user.email);
  });

  it('has neither password nor address if the server is not reachable', async () => {
    await smtp.stop();
    const { user } = await register(app);
    await sendMails(app);
    expectNothingTold(user.email);
    expect(attempts().join()).toContain('ESOCKET CONN');
  });

  it('has neither password nor address if the password is wrong; the email is tried again', async () => {
    const wrong = smtp.url.replace(encodeURIComponent(credentials.password), 'hunter2-of-smtp');
    const own = await startAppForTest({
      env: { SMTP_URL: wrong, MAIL_FROM: mailFrom, LOG_LEVEL: 'info' },
      logDestination: log,
    });
    const { user } = await register(own);
    await sendMails(own);
    expectNothingTold(user.email);
    expect(log.text).not.toContain('hunter2-of-smtp');
    expect(attempts().join()).toContain('EAUTH');
    expect(await own.db.query('SELECT attempts, sent_at FROM mail_outbox')).toEqual([{ attempts: 1, sent_at: null }]);
  });

  it('has neither password, token nor address of an email that was sent', async () => {
    const { to } = await registrationMail();
    expect(log.text).toContain('An email was sent');
    for (const secret of [to[0]!, credentials.password, encodeURIComponent(credentials.password), 'token=']) {
      expect(log.text).not.toContain(secret);
    }
    expect(log.text).not.toContain(tokenOf(smtp.received[0]!));
  });
});
