import { mailsTo, sendMails, tokenIn } from '../mail/mailbox.js';
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
  newEmail,
  register,
  registerConfirmed,
} from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';

const otherPassword = 'another fine long passphrase';

let app: TestApp;
let admin: Tokens;
beforeAll(async () => {
  app = await startApp();
  admin = await makeAdmin(app);
});
afterAll(() => app.close());

const signIn = (email: unknown, password: unknown = goodPassword) =>
  call(app, 'POST', '/auth/login', { body: { email, password } });
const forgot = (email: unknown) => call(app, 'POST', '/auth/password/forgot', { body: { email } });
const countMails = async () => (await app.db.query('SELECT FROM mail_outbox')).length;

describe('passwords', () => {
  it('CVE-2019-18818 (Strapi): a reset needs a token that is text, and no other JSON passes for one', async () => {
    const { user } = await registerConfirmed(app);
    await expectStatus(forgot(user.email), 202);
    await sendMails(app);
    for (const token of [{}, { $gt: 0 }, [], [''], null, true, 0, '', undefined]) {
      const body = { token, password: otherPassword };
      expect((await call(app, 'POST', '/auth/password/reset', { body })).status).toBe(400);
    }
    await login(app, user.email);
  });

  it('CVE-2025-25298 (Strapi): a password that agrees in its first 72 bytes is another password', async () => {
    const start = 'seventy-two bytes are what bcrypt reads of a password and not one more. '.padEnd(72, '!');
    const { user } = await register(app, { password: `${start} and this end` });
    for (const password of [start, `${start} and that end`]) {
      await expectProblem(signIn(user.email, password), 401, 'invalid_credentials');
    }
    await login(app, user.email, `${start} and this end`);
  });

  it('CVE-2021-28128 (Strapi): an access token alone does not change the password', async () => {
    const { access_token: token, user } = await register(app);
    for (const body of [
      { new_password: otherPassword },
      { current_password: '', new_password: otherPassword },
      { current_password: 'wrong password', new_password: otherPassword },
    ]) {
      expect((await call(app, 'POST', '/auth/password', { token, body })).status).toBeGreaterThanOrEqual(400);
    }
    const body = { password: otherPassword };
    expect((await call(app, 'PATCH', '/auth/me', { token, body })).status).toBe(400);
    await login(app, user.email);
  });

  it('CVE-2021-20262 (Keycloak): an access token alone does not take the account over by another way', async () => {
    const { access_token: token, user } = await register(app);
    for (const [path, body] of [
      ['/auth/email', { email: newEmail() }],
      ['/auth/email', { email: newEmail(), password: 'wrong password' }],
      ['/auth/me/delete', {}],
      ['/auth/me/delete', { password: 'wrong password' }],
    ] as const) {
      expect((await call(app, 'POST', path, { token, body })).status).toBeGreaterThanOrEqual(400);
    }
    expect(await expectStatus(call(app, 'GET', '/auth/me', { token }), 200)).toMatchObject({ email: user.email });
  });
});

describe('registering', () => {
  it('CVE-2023-39345 (Strapi): fields that are not the registrant’s to set are refused', async () => {
    for (const field of [
      { role: 'admin' },
      { email_verified: true },
      { emailVerified: true },
      { disabled: false },
      { id: admin.user.id },
      { user_id: admin.user.id },
      { password_hash: '!' },
    ]) {
      const body = { email: newEmail(), password: goodPassword, ...field };
      await expectProblem(call(app, 'POST', '/auth/register', { body }), 400, 'validation_failed');
    }
    const { user } = await register(app);
    expect(user.role).toBe('user');
  });

  it('CVE-2024-49757 (ZITADEL): a closed registration is closed on every way in', async () => {
    const closed = await startAppForTest({ env: { REGISTRATION: 'closed' } });
    const email = newEmail();
    for (const path of ['/auth/register', '/auth/register?', '/auth//register', '/AUTH/REGISTER', '/auth/register/']) {
      const body = JSON.stringify({ email, password: goodPassword });
      const headers = [['Content-Type', 'application/json']] as const;
      expect((await rawCall(closed, { method: 'POST', path, headers, body })).status).toBeGreaterThanOrEqual(400);
    }
    await call(closed, 'POST', '/auth/link', { body: { email } });
    await call(closed, 'POST', '/auth/password/forgot', { body: { email } });
    await sendMails(closed);
    expect(await closed.db.query('SELECT FROM users')).toEqual([]);
  });

  it('CVE-2026-53514 (better-auth): somebody who registers an invited address does not get the invitation', async () => {
    const email = newEmail();
    const body = { email, role: 'admin' };
    await expectStatus(call(app, 'POST', '/users', { token: admin.access_token, body }), 201);
    await expectProblem(
      call(app, 'POST', '/auth/register', { body: { email, password: goodPassword } }),
      409,
      'email_taken',
    );
    await expectProblem(signIn(email), 401, 'invalid_credentials');
    const [invitation] = await mailsTo(app, email);
    const accepted = { token: tokenIn(invitation), password: otherPassword };
    await expectStatus(call(app, 'POST', '/auth/password/reset', { body: accepted }), 204);
    expect((await login(app, email, otherPassword)).user.role).toBe('admin');
  });

  it('CVE-2026-53516 (better-auth): a link by email voids the password of somebody who registered the address before', async () => {
    const email = newEmail();
    const attacker = await register(app, { email, password: otherPassword });
    await expectStatus(call(app, 'POST', '/auth/link', { body: { email } }), 202);
    const token = tokenIn((await mailsTo(app, email)).at(-1));
    await expectStatus(call(app, 'POST', '/auth/link/login', { body: { token } }), 200);
    await expectProblem(signIn(email, otherPassword), 401, 'invalid_credentials');
    expect((await call(app, 'GET', '/auth/me', { token: attacker.access_token })).status).toBe(401);
    const { refresh_token: refreshToken } = attacker;
    expect((await call(app, 'POST', '/auth/refresh', { body: { refresh_token: refreshToken } })).status).toBe(401);
  });
});

describe('email addresses', () => {
  it('CVE-2024-27295 (Directus): a reset for an address with an accent sends nothing about the address without it', async () => {
    const email = `victim-${Date.now()}@example.com`;
    await registerConfirmed(app, { email });
    const before = (await mailsTo(app, email)).length;
    for (const near of [email.replace('i', 'í'), email.replace('i', 'ı'), email.replace('c', 'ç')]) {
      await forgot(near);
      expect(await mailsTo(app, near)).toEqual([]);
    }
    expect(await mailsTo(app, email)).toHaveLength(before);
  });

  it('CVE-2026-73420 (Auth.js): a character that only looks like @ is not one', async () => {
    const { user } = await registerConfirmed(app);
    const [name, domain] = user.email.split('@');
    for (const email of [
      `${name}\uff20${domain}`,
      `${name}\ufe6b${domain}`,
      `${user.email}\uff20evil.example`,
      `attacker@evil.example\uff20${domain}`,
    ]) {
      const body = { email, password: goodPassword };
      await expectProblem(call(app, 'POST', '/auth/register', { body }), 400, 'validation_failed');
      await expectProblem(forgot(email), 400, 'validation_failed');
      await expectProblem(call(app, 'POST', '/auth/link', { body: { email } }), 400, 'validation_failed');
    }
  });

  it('CVE-2022-35924 (NextAuth.js): two addresses in one field get no email', async () => {
    const { user } = await registerConfirmed(app);
    await sendMails(app);
    const before = await countMails();
    for (const email of [
      `attacker@evil.example,${user.email}`,
      `${user.email},attacker@evil.example`,
      `${user.email};attacker@evil.example`,
      `${user.email} attacker@evil.example`,
      `"${user.email}" <attacker@evil.example>`,
      [user.email, 'attacker@evil.example'],
      { address: user.email },
    ]) {
      for (const path of ['/auth/password/forgot', '/auth/link', '/auth/email/resend']) {
        await expectProblem(call(app, 'POST', path, { body: { email } }), 400, 'validation_failed');
      }
    }
    expect(await countMails()).toBe(before);
  });

  it('CVE-2022-31127 (NextAuth.js): HTML in an address or a name is not HTML in an email', async () => {
    for (const email of ['<a href="http://evil.example">x</a>@example.com', 'a@<b>example.com']) {
      await expectProblem(forgot(email), 400, 'validation_failed');
    }
    const { user } = await register(app, { name: '<a href="http://evil.example">Click</a>' });
    const [mail] = await mailsTo(app, user.email);
    expect(mail!.html).not.toContain('evil.example');
    expect(mail!.text).not.toContain('evil.example');
  });

  it('CVE-2023-0105 (Keycloak): a new address is neither verified nor in use until its mailbox confirms it', async () => {
    const [{ user: victim }, { user, access_token: token }] = [
      await registerConfirmed(app),
      await registerConfirmed(app),
    ];
    for (const email of [victim.email, newEmail()]) {
      await expectStatus(call(app, 'POST', '/auth/email', { token, body: { email, password: goodPassword } }), 202);
      const me = await expectStatus(call(app, 'GET', '/auth/me', { token }), 200);
      expect(me).toMatchObject({ email: user.email, email_verified: true });
      await sendMails(app);
    }
    expect((await login(app, victim.email)).user.id).toBe(victim.id);
  });

  it('CVE-2025-7365 (Keycloak): a link that a victim opens does not confirm the victim’s address for an attacker', async () => {
    const attacker = await registerConfirmed(app);
    const { user: victim, access_token: token } = await registerConfirmed(app);
    const email = newEmail();
    const body = { email, password: goodPassword };
    await expectStatus(call(app, 'POST', '/auth/email', { token: attacker.access_token, body }), 202);
    const link = tokenIn((await mailsTo(app, email)).at(-1));
    // The victim, who reads that mailbox too, opens it while signed in, and on Pawl's page without.
    expect((await call(app, 'POST', '/auth/email/verify', { token, body: { token: link } })).status).toBe(403);
    expect((await call(app, 'POST', '/auth/email/verify', { body: { token: link, require_owner: true } })).status).toBe(
      403,
    );
    await expectProblem(signIn(email), 401, 'invalid_credentials');
    await login(app, victim.email);
  });
});

describe('links in emails', () => {
  const hostile = [
    ['Host', 'evil.example'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'http'],
    ['Forwarded', 'host=evil.example;proto=http'],
    ['X-Original-Host', 'evil.example'],
    ['Origin', 'http://localhost:3000'],
    ['Content-Type', 'application/json'],
  ] as const;

  it('CVE-2023-49097 (ZITADEL): headers that name another host change no link of a reset', async () => {
    const { user } = await registerConfirmed(app);
    for (const path of ['/auth/password/forgot', '/auth/link']) {
      const body = JSON.stringify({ email: user.email });
      expect((await rawCall(app, { method: 'POST', path, headers: hostile, body })).status).toBe(202);
    }
    const mails = await mailsTo(app, user.email);
    expect(mails.length).toBeGreaterThanOrEqual(2);
    for (const { text, html } of mails) {
      expect(text + html).not.toContain('evil.example');
      for (const [url] of text.matchAll(/https?:\/\/\S+/g)) expect(url).toMatch(/^http:\/\/localhost:3000\//);
    }
  });

  it('CVE-2023-27474 (Directus): a caller cannot choose where the link of a reset leads, nor add to its email', async () => {
    const { user } = await registerConfirmed(app);
    await sendMails(app);
    const before = await countMails();
    for (const field of ['reset_url', 'redirect_to', 'callbackURL', 'return_to', 'url', 'template', 'subject']) {
      const body = { email: user.email, [field]: 'https://evil.example/"><h1>x</h1>' };
      await expectProblem(call(app, 'POST', '/auth/password/forgot', { body }), 400, 'validation_failed');
    }
    expect(await countMails()).toBe(before);
  });

  it('GHSA-vp58-j275-797x (better-auth): a page of an email leads to no other site, whatever its URL asks for', async () => {
    const names = ['callbackURL', 'callbackUrl', 'redirect', 'redirect_to', 'return_to', 'next'];
    for (const page of ['/account/verify-email', '/account/reset-password', '/']) {
      for (const target of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
        const query = names.map((name) => `${name}=${encodeURIComponent(target)}`).join('&');
        const { status, headers, body } = await call(app, 'GET', `${page}?${query}`);
        expect([page, status, headers.get('location')]).toEqual([page, 200, null]);
        expect(JSON.stringify(body)).not.toContain('evil.example');
      }
    }
  });

  it('CVE-2022-24858 (NextAuth.js): no sign-in is followed by a redirect', async () => {
    const { user } = await register(app);
    const query = '?callbackUrl=https%3A%2F%2Fevil.example&redirect=https%3A%2F%2Fevil.example';
    for (const body of [{}, { delivery: 'cookie' }]) {
      const sent = { email: user.email, password: goodPassword, ...body };
      const { status, headers } = await call(app, 'POST', `/auth/login${query}`, { body: sent });
      expect([status, headers.get('location')]).toEqual([200, null]);
    }
    const body = { email: user.email, password: goodPassword, redirect_to: 'https://evil.example' };
    await expectProblem(call(app, 'POST', '/auth/login', { body }), 400, 'validation_failed');
  });
});

describe('who has an account', () => {
  const withoutIds = ({ status, body }: { status: number; body: any }) => ({ status, body: { ...body, instance: '' } });

  it('CVE-2024-41952 (ZITADEL): an unknown address and a wrong password get the same response', async () => {
    const { user } = await register(app);
    const known = await signIn(user.email, 'wrong password');
    expect(withoutIds(await signIn(newEmail(), 'wrong password'))).toEqual(withoutIds(known));
  });

  it('CVE-2026-26185 (Directus): a request for a reset gets the same response for every address, right or malformed', async () => {
    const { user } = await registerConfirmed(app);
    expect(withoutIds(await forgot(newEmail()))).toEqual(withoutIds(await forgot(user.email)));
    const malformed = (email: string) =>
      call(app, 'POST', '/auth/password/forgot', { body: { email, reset_url: 'nonsense' } });
    expect(withoutIds(await malformed(newEmail()))).toEqual(withoutIds(await malformed(user.email)));
  });
});

describe('other people’s data', () => {
  it('CVE-2025-61928 (better-auth): a user id in a request does not stand in for a sign-in', async () => {
    const { user, session_id: session } = await register(app);
    const body = { title: 'x', userId: user.id, user_id: user.id };
    await expectProblem(call(app, 'POST', '/notes', { body }), 401, 'token_missing');
    await expectProblem(call(app, 'GET', `/auth/me?user_id=${user.id}`), 401, 'token_missing');
    await expectProblem(
      call(app, 'PATCH', '/auth/me', { body: { user_id: user.id, name: 'x' } }),
      401,
      'token_missing',
    );
    await expectProblem(call(app, 'DELETE', `/auth/sessions/${session}`), 401, 'token_missing');
    const headers = { 'x-user-id': user.id, 'x-authenticated-user': user.email };
    await expectProblem(call(app, 'GET', '/auth/me', { headers }), 401, 'token_missing');
  });

  it('CVE-2024-39683 (ZITADEL): a user sees and ends only sessions of their own', async () => {
    const [own, other] = [await register(app), await register(app)];
    const { sessions } = await expectStatus(call(app, 'GET', '/auth/sessions', { token: own.access_token }), 200);
    expect(JSON.stringify(sessions)).not.toContain(other.session_id);
    const path = `/auth/sessions/${other.session_id}`;
    await expectProblem(call(app, 'DELETE', path, { token: own.access_token }), 404, 'not_found');
    await expectStatus(call(app, 'GET', '/auth/me', { token: other.access_token }), 200);
  });

  it('CVE-2024-3656 (Keycloak): no admin route opens for a user without the role', async () => {
    const { access_token: token, user } = await register(app);
    for (const [method, path, body] of [
      ['GET', '/users'],
      ['GET', `/users/${user.id}`],
      ['PATCH', `/users/${user.id}`, { role: 'admin' }],
      ['POST', '/users', { email: newEmail(), password: goodPassword, role: 'admin' }],
      ['DELETE', `/users/${admin.user.id}`],
      ['GET', '/admin/clients'],
      ['POST', '/admin/clients', { client_name: 'x' }],
      ['GET', '/admin/audit'],
      ['GET', '/admin/notes'],
    ] as const) {
      await expectProblem(call(app, method, path, { token, body }), 403, 'forbidden');
    }
  });

  it('CVE-2023-27481 (Directus): no list can be filtered, sorted or grouped by a hash', async () => {
    const { user } = await register(app);
    for (const query of [
      'password_hash=x',
      'filter[password_hash]=x',
      'sort=password_hash',
      'fields=*',
      'export=json',
    ]) {
      const { status, body } = await call(app, 'GET', `/users?${query}`, { token: admin.access_token });
      expect([query, status === 200 || status === 400]).toEqual([query, true]);
      expect(JSON.stringify(body)).not.toMatch(/argon2|password_hash"|passwordHash/);
    }
    const one = await expectStatus(call(app, 'GET', `/users/${user.id}`, { token: admin.access_token }), 200);
    expect(JSON.stringify(one)).not.toContain('argon2');
  });

  it('CVE-2022-24124 (Casdoor): what a query holds is never part of a statement', async () => {
    const hostile = `'; DROP TABLE users; --`;
    for (const path of ['/users', '/notes', '/admin/notes', '/admin/audit', '/admin/clients', '/auth/sessions']) {
      for (const name of ['cursor', 'limit', 'email', 'event', 'user_id', 'from', 'field', 'sort']) {
        const url = `${path}?${name}=${encodeURIComponent(hostile)}`;
        expect((await call(app, 'GET', url, { token: admin.access_token })).status).toBeLessThan(500);
      }
    }
    expect((await app.db.query('SELECT FROM users LIMIT 1')).length).toBe(1);
  });
});

it('GHSA-5ffj-mph5-c5hv (Appwrite): HTML in a name stays text, for users, admins and readers of emails', async () => {
  const name = '<img src=x onerror=alert(1)>';
  const { user, access_token: token } = await registerConfirmed(app);
  for (const path of ['/auth/me', `/users/${user.id}`]) {
    const as = path === '/auth/me' ? token : admin.access_token;
    await expectStatus(call(app, 'PATCH', path, { token: as, body: { name } }), 200);
    const { body, headers } = await call(app, 'GET', path, { token: as });
    expect(body.name).toBe(name);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  }
  await expectStatus(forgot(user.email), 202);
  for (const mail of await mailsTo(app, user.email)) expect(JSON.stringify(mail)).not.toContain('<img src=x');
});
