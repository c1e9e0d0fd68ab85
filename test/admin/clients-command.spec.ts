import { runPawl } from '../keys/command.js';
import { basic, post } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const clients = (...args: string[]) => runPawl(['clients', ...args], { env: { DATABASE_URL: app.db.url } });

const tokenFor = (id: string, secret: string) =>
  post(app, '/oauth/token', { grant_type: 'client_credentials' }, basic({ client_id: id, client_secret: secret }));

describe('pawl clients', () => {
  it('create registers a client, whose secret is shown once', async () => {
    const args = ['create', 'Billing', '--grant', 'client_credentials', '--scope', 'invoices:read'];
    const { code, out, errors } = await clients(...args);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const [, id = ''] = /^([0-9a-f-]{36}) +Billing +client_secret_basic +client_credentials +user /m.exec(out) ?? [];
    const [, secret = ''] = /^Secret, which is shown only now: (\S+)$/m.exec(out) ?? [];
    const granted = await tokenFor(id, secret);
    expect(granted.status).toBe(200);

    const listed = await clients('list');
    expect(listed.out).toContain(id);
    expect(listed.out).not.toContain(secret);
    expect(JSON.parse((await clients('list', '--json')).out)).toMatchObject({
      clients: [{ client_id: id, client_name: 'Billing', scope: 'invoices:read' }],
    });
  });

  it('create says in a sentence what is wrong, and registers nothing', async () => {
    const before = (await clients('list')).out;
    for (const args of [
      ['create', 'Phone', '--auth-method', 'none', '--grant', 'client_credentials'],
      ['create', 'Phone', '--auth-method', 'private_key_jwt'],
      ['create', 'Phone', '--grant', 'password'],
      ['create', 'Phone', '--role', 'emperor'],
    ]) {
      const { code, out, errors } = await clients(...args);
      expect({ args, code, out, lines: errors.trim().split('\n').length }).toEqual({
        args,
        code: 1,
        out: '',
        lines: 1,
      });
    }
    expect((await clients('list')).out).toBe(before);
  });

  it('delete asks for --yes, and then refuses the client', async () => {
    const { out } = await clients('create', 'Old', '--grant', 'client_credentials', '--json');
    const { client_id: id, client_secret: secret } = JSON.parse(out) as { client_id: string; client_secret: string };
    expect(await clients('delete', id)).toMatchObject({ code: 1, errors: expect.stringMatching(/ --yes /) });
    expect(await clients('delete', id, '--yes')).toMatchObject({ code: 0, out: 'Old is deleted.\n' });
    const refused = await tokenFor(id, secret);
    expect(refused.status).toBe(401);
    expect((await clients('delete', id, '--yes')).errors).toMatch(/^There is no such client: /);
  });
});
