import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, newEmail, register } from '../support/http.js';

describe('an email address', () => {
  let app: TestApp;
  beforeAll(async () => (app = await startApp()));
  afterAll(() => app.close());

  const tryRegister = (email: string) =>
    call(app, 'POST', '/auth/register', { body: { email, password: goodPassword } });

  it('is trimmed and lower-cased, stored and returned like that', async () => {
    const email = newEmail();
    const { user, access_token: token } = await register(app, { email: `  ${email.toUpperCase()}\t` });
    expect(user.email).toBe(email);
    expect(await expectStatus(call(app, 'GET', '/auth/me', { token }), 200)).toMatchObject({ email });
  });

  it('signs in with any case and surrounding spaces', async () => {
    const { user } = await register(app);
    for (const spelling of [user.email, user.email.toUpperCase(), ` ${user.email} `]) {
      expect((await login(app, spelling)).user.id).toBe(user.id);
    }
  });

  it('belongs to one user, with any case and surrounding spaces', async () => {
    const { user } = await register(app);
    for (const spelling of [user.email, user.email.toUpperCase(), ` ${user.email} `]) {
      await expectProblem(tryRegister(spelling), 409, 'email_taken');
    }
  });

  it('with an internationalised domain is stored as xn--, and signs in with either spelling', async () => {
    const name = newEmail().split('@')[0]!;
    const { user } = await register(app, { email: `${name}@Bücher.example` });
    expect(user.email).toBe(`${name}@xn--bcher-kva.example`);
    for (const email of [`${name}@bücher.example`, `${name}@xn--bcher-kva.example`]) await login(app, email);
    const body = { email: `${name}@bücher.example`, password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/register', { body }), 409, 'email_taken');
  });

  it('is registered by one of ten concurrent requests', async () => {
    const email = newEmail();
    const spellings = Array.from({ length: 10 }, (_, i) => (i % 2 ? email : email.toUpperCase()));
    const responses = await Promise.all(spellings.map(tryRegister));
    expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    for (const response of responses) if (response.status !== 201) await expectProblem(response, 409, 'email_taken');
  });

  it.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'a b@example.com',
    `${'a'.repeat(250)}@example.com`,
    'jürgen@example.com',
  ])('cannot be %j', async (email) => {
    const { body } = await expectProblem(tryRegister(email), 400, 'validation_failed');
    expect(body).toMatchObject({ errors: [{ path: 'email' }] });
  });

  it('may be 254 characters long', async () => {
    const email = `${'y'.repeat(254 - '@example.com'.length)}@example.com`;
    expect((await register(app, { email })).user.email).toBe(email);
  });
});
