import bcrypt from 'bcrypt';
import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, login, register } from '../support/http.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const beginning = 'The first seventy-two bytes of this passphrase are all that bcrypt reads';
const real = `${beginning}, and this is its real ending`;

/** A user who was imported with the bcrypt hash of a password. */
async function imported(password: string): Promise<string> {
  const { user } = await register(app);
  const hash = `foreign:${await bcrypt.hash(password, 4)}`;
  await app.db.query('UPDATE users SET password_hash = $1 WHERE id = $2', [hash, user.id]);
  await mailsTo(app, user.email);
  return user.email;
}

async function storedHash(email: string): Promise<string> {
  const [user] = await app.db.query<{ password_hash: string }>('SELECT password_hash FROM users WHERE email = $1', [
    email,
  ]);
  return user!.password_hash;
}

describe('a password that bcrypt truncated', () => {
  it('the beginning is 72 bytes', () => expect(Buffer.byteLength(beginning)).toBe(72));

  it.each([
    ['another ending', `${beginning} plus anything`],
    ['no ending at all', beginning],
  ])('is not replaced by one with %s (attack: locking the owner out)', async (_, password) => {
    const email = await imported(real);
    const before = await storedHash(email);
    await login(app, email, password);
    expect(await storedHash(email)).toBe(before);
    await login(app, email, real);
    expect(await storedHash(email)).toBe(before);
  });

  it('is replaced by its owner, who is asked to by email', async () => {
    const email = await imported(real);
    await login(app, email, real);
    const mail = (await mailsTo(app, email)).at(-1)!;
    expect(mail.subject).toBe('Please choose a new password for localhost:3000');
    const body = { token: tokenIn(mail), password: real };
    await expectStatus(call(app, 'POST', '/auth/password/reset', { body }), 204);
    expect(await storedHash(email)).toMatch(/^\$argon2id\$/);
    const other = { email, password: `${beginning} plus anything` };
    await expectProblem(call(app, 'POST', '/auth/login', { body: other }), 401, 'invalid_credentials');
    await login(app, email, real);
  });

  it('does not concern shorter ones, which are hashed again at the first sign-in', async () => {
    const short = beginning.slice(0, 71);
    const email = await imported(short);
    const mailsBefore = (await mailsTo(app, email)).length;
    await login(app, email, short);
    expect(await storedHash(email)).toMatch(/^\$argon2id\$/);
    expect(await mailsTo(app, email)).toHaveLength(mailsBefore);
  });
});
