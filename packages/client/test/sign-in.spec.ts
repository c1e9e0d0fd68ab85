import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mailsTo, tokenIn } from '../../../test/mail/mailbox.js';
import type { TestApp } from '../../../test/support/app.js';
import { startApp } from '../../../test/support/app.js';
import { goodPassword, newEmail } from '../../../test/support/http.js';
import { startAppForTest } from '../../../test/support/per-test.js';
import { createPawl, PawlError, unwrap } from '../src/index.js';
import { memoryStorage } from '../src/storage.js';

let app: TestApp;
beforeAll(async () => (app = await startApp()));
afterAll(() => app.close());

const newPawl = (url = app.url) => createPawl({ url, mode: 'bearer', storage: memoryStorage() });

describe('an error', () => {
  it('has the code of the service', async () => {
    const attempt = newPawl().signIn({ email: newEmail(), password: goodPassword });
    await expect(attempt).rejects.toBeInstanceOf(PawlError);
    await expect(attempt).rejects.toMatchObject({
      code: 'invalid_credentials',
      status: 401,
      message: 'The email address or the password is incorrect.',
      fields: {},
    });
  });

  it('names the fields of the form', async () => {
    const fieldsOf = (email: string, password: string) =>
      newPawl()
        .register({ email, password })
        .catch((error: unknown) => ({ code: (error as PawlError).code, fields: (error as PawlError).fields }));
    expect(await fieldsOf('ada', goodPassword)).toEqual({
      code: 'validation_failed',
      fields: { email: 'This is not an email address.' },
    });
    expect(await fieldsOf(newEmail(), 'short')).toEqual({
      code: 'validation_failed',
      fields: { password: expect.stringContaining('8 characters') },
    });
    await expect(newPawl().register({ email: newEmail(), password: 'password123' })).rejects.toMatchObject({
      code: 'password_too_weak',
      fields: { password: expect.stringContaining('common') },
    });
  });

  it('says how long to wait', async () => {
    const limited = await startAppForTest({ env: { RATE_LIMITS: 'on', LIMIT_REGISTER: '1/1h' } });
    const pawl = newPawl(limited.url);
    await pawl.register({ email: newEmail(), password: goodPassword });
    await expect(pawl.register({ email: newEmail(), password: goodPassword })).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: expect.any(Number),
    });
  });

  it('of the network is network_error, and of somebody else’s service unexpected_response', async () => {
    await expect(newPawl('http://127.0.0.1:1').signIn({ email: newEmail(), password: 'x' })).rejects.toMatchObject({
      code: 'network_error',
      status: undefined,
    });
    const other = createServer((_request, response) => response.writeHead(404).end('<h1>Not found</h1>'));
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    await expect(newPawl(url).signIn({ email: newEmail(), password: 'x' })).rejects.toMatchObject({
      code: 'unexpected_response',
      status: 404,
    });
    other.close();
  });

  it('is thrown by unwrap, and returned by the call itself', async () => {
    const pawl = newPawl();
    const { data, error } = await pawl.api.GET('/auth/me');
    expect([data, error?.code]).toEqual([undefined, 'token_missing']);
    await expect(unwrap(pawl.api.GET('/auth/me'))).rejects.toMatchObject({ code: 'token_missing', status: 401 });
  });
});

describe('a typed call', () => {
  it('fills in the path and the query, and returns the data', async () => {
    const pawl = newPawl();
    await pawl.register({ email: newEmail(), password: goodPassword });
    for (const title of ['one', 'two', 'three']) await unwrap(pawl.api.POST('/notes', { body: { title } }));
    const page = await unwrap(pawl.api.GET('/notes', { params: { query: { limit: 2 } } }));
    expect(page.notes).toHaveLength(2);
    const { id } = page.notes[0]!;
    const params = { path: { id } };
    expect((await unwrap(pawl.api.PATCH('/notes/{id}', { params, body: { title: 'four' } }))).title).toBe('four');
    await unwrap(pawl.api.DELETE('/notes/{id}', { params }));
    await expect(unwrap(pawl.api.GET('/notes/{id}', { params }))).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a registration where addresses must be confirmed', () => {
  it('says that an email was sent, and the sign-in works after the confirmation', async () => {
    const strict = await startAppForTest({ env: { REQUIRE_VERIFIED_EMAIL: 'on' } });
    const [pawl, email] = [newPawl(strict.url), newEmail()];
    expect(await pawl.register({ email, password: goodPassword })).toEqual({ next: 'confirm_email', email });
    expect(await pawl.session()).toBeNull();
    const signIn = () => pawl.signIn({ email, password: goodPassword });
    await expect(signIn()).rejects.toMatchObject({ code: 'email_unverified' });
    const token = tokenIn((await mailsTo(strict, email)).at(-1));
    await unwrap(pawl.api.POST('/auth/email/verify', { body: { token, password: goodPassword } }));
    expect(await signIn()).toMatchObject({ session: { user: { email } } });
  });
});
