import { eventsOf } from '../audit/trail.js';
import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, login, register, registerConfirmed } from '../support/http.js';
import { addApp, addPasskey } from './factor-story.js';
import type { SoftwareAuthenticator } from './software-authenticator.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const ownersPassword = 'the passphrase of the owner';

async function signInWithPasskey(authenticator: SoftwareAuthenticator) {
  const { challenge, options } = await expectStatus(call(app, 'POST', '/auth/passkeys/options', { body: {} }), 200);
  return call(app, 'POST', '/auth/passkeys/login', { body: { challenge, passkey: authenticator.get(options) } });
}

/** What the owner of the mailbox does: each of these proves the address. */
const takeOvers: readonly [how: string, take: (email: string) => Promise<void>][] = [
  [
    'a reset of the password',
    async (email) => {
      await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email } }), 202);
      const token = tokenIn((await mailsTo(app, email)).at(-1));
      await expectStatus(call(app, 'POST', '/auth/password/reset', { body: { token, password: ownersPassword } }), 204);
    },
  ],
  [
    'a sign-in by email',
    async (email) => {
      await expectStatus(call(app, 'POST', '/auth/link', { body: { email } }), 202);
      const token = tokenIn((await mailsTo(app, email)).at(-1));
      await call(app, 'POST', '/auth/link/login', { body: { token } });
    },
  ],
];

describe.each(takeOvers)('%s', (_, takeOver) => {
  it('removes the passkeys of the person who registered the address of somebody else (attack: a prepared account)', async () => {
    const attacker = await register(app);
    const { authenticator } = await addPasskey(app, attacker.access_token);
    await takeOver(attacker.user.email);
    await expectProblem(signInWithPasskey(authenticator), 401, 'passkey_invalid');
    const [user] = await app.db.query('SELECT second_factor, email_verified FROM users WHERE id = $1', [
      attacker.user.id,
    ]);
    expect(user).toEqual({ second_factor: false, email_verified: true });
    expect(await eventsOf(app.db, attacker.user.id)).toContain('factor.removed');
  });

  it('leaves an authenticator app, which opens nothing by itself', async () => {
    const { tokens } = await addApp(app, await register(app));
    const { authenticator } = await addPasskey(app, tokens.access_token);
    await takeOver(tokens.user.email);
    await expectProblem(signInWithPasskey(authenticator), 401, 'passkey_invalid');
    const [user] = await app.db.query('SELECT second_factor FROM users WHERE id = $1', [tokens.user.id]);
    expect(user).toEqual({ second_factor: true });
  });

  it('leaves the passkeys of an account whose address was confirmed', async () => {
    const owner = await registerConfirmed(app);
    const { authenticator } = await addPasskey(app, owner.access_token);
    await takeOver(owner.user.email);
    expect((await signInWithPasskey(authenticator)).status).toBe(200);
  });
});

it('the owner can sign in after a reset, although a passkey was required before', async () => {
  const attacker = await register(app);
  await addPasskey(app, attacker.access_token);
  await takeOvers[0]![1](attacker.user.email);
  await login(app, attacker.user.email, ownersPassword);
});
