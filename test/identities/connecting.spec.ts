import { eventsOf, trailOf } from '../audit/trail.js';
import { mailsTo, tokenIn } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import {
  call,
  expectProblem,
  expectStatus,
  goodPassword,
  login,
  newEmail,
  register,
  registerConfirmed,
} from '../support/http.js';
import { Browser, newVerifier, signInAsApp } from './browser.js';
import type { Upstream } from './upstream.js';
import { corpSettings, startUpstream } from './upstream.js';

let upstream: Upstream;
let app: TestApp;
beforeAll(async () => {
  upstream = await startUpstream({ sub: 'ada' });
  app = await startApp({ env: corpSettings(upstream) });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

function arrive(more: Partial<Upstream['person']> = {}): string {
  const email = newEmail();
  upstream.person = { sub: email, email, email_verified: true, ...more };
  return email;
}

/** The one-time code of a browser that went to the provider, and the verifier of the page that sent it. */
async function fetchCode(): Promise<{ code: string; verifier: string }> {
  const { verifier, challenge } = newVerifier();
  const end = await new Browser(app).open(`/auth/providers/corp/start?code_challenge=${challenge}&return_to=/done`);
  return { code: end.searchParams.get('code')!, verifier };
}

const connect = (token: string, body: unknown) => call(app, 'POST', '/auth/identities', { token, body });
const list = async (token: string) => (await call(app, 'GET', '/auth/identities', { token })).body.identities;
const disconnect = (token: string, id: string) => call(app, 'DELETE', `/auth/identities/${id}`, { token });

describe('a signed-in user', () => {
  it('connects an account with another address, and signs in with it from then on', async () => {
    const { access_token: token, user } = await register(app);
    const email = arrive({ email_verified: false });
    const connected = await connect(token, await fetchCode());
    expect(connected).toMatchObject({ status: 201, body: { provider: 'corp', provider_name: 'Corp', email } });
    expect(await list(token)).toEqual([connected.body]);
    const { body } = await signInAsApp(new Browser(app));
    expect(body.user).toMatchObject({ id: user.id, email: user.email });
    const [{ last_used_at: lastUsedAt }] = await list(token);
    expect(lastUsedAt).not.toBeNull();
    expect(await eventsOf(app.db, user.id)).toContain('identity.linked');
  });

  it('connecting the same account again changes nothing', async () => {
    const { access_token: token } = await register(app);
    arrive();
    const first = await connect(token, await fetchCode());
    const second = await connect(token, await fetchCode());
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(await list(token)).toHaveLength(1);
  });

  it('cannot connect an account that another user has (attack: taking over its sign-ins)', async () => {
    arrive();
    const owner = await signInAsApp(new Browser(app));
    const { access_token: token } = await register(app);
    await expectProblem(connect(token, await fetchCode()), 409, 'identity_taken');
    expect((await signInAsApp(new Browser(app))).body.user.id).toBe(owner.body.user.id);
  });

  it('cannot be made to connect the account of somebody else (attack: a link with the code of the attacker)', async () => {
    const { access_token: token } = await register(app);
    arrive();
    const { code } = await fetchCode(); // with the verifier of the attacker, which the page of the victim has not
    await expectProblem(connect(token, { code, verifier: newVerifier().verifier }), 400, 'exchange_code_invalid');
    expect(await list(token)).toEqual([]);
  });

  it('needs a fresh sign-in to connect and to disconnect', async () => {
    const { access_token: token } = await registerConfirmed(app);
    arrive();
    const { body } = await connect(token, await fetchCode());
    app.clock.advanceSeconds(301);
    await expectProblem(connect(token, await fetchCode()), 401, 'insufficient_user_authentication');
    await expectProblem(disconnect(token, body.id as string), 401, 'insufficient_user_authentication');
  });

  it('disconnects an account, which then opens nothing', async () => {
    const { access_token: token, user } = await register(app);
    const email = arrive({ email_verified: false });
    const { body } = await connect(token, await fetchCode());
    expect((await disconnect(token, body.id as string)).status).toBe(204);
    await expectProblem(disconnect(token, body.id as string), 404, 'not_found');
    expect(await list(token)).toEqual([]);
    expect((await signInAsApp(new Browser(app))).body.user).toMatchObject({ email });
    expect((await trailOf(app.db, user.id)).at(-1)).toMatchObject({
      event: 'identity.unlinked',
      actor_user_id: user.id,
      details: { provider: 'corp' },
    });
  });

  it('sees and disconnects nobody else’s', async () => {
    arrive();
    const owner = await signInAsApp(new Browser(app));
    const [identity] = await list(owner.body.access_token as string);
    const { access_token: token } = await register(app);
    await expectProblem(disconnect(token, identity.id as string), 404, 'not_found');
    expect(await list(owner.body.access_token as string)).toHaveLength(1);
  });

  it('finds them in the export of everything that is stored', async () => {
    arrive();
    const { body } = await signInAsApp(new Browser(app));
    const exported = await call(app, 'GET', '/auth/me/export', { token: body.access_token });
    expect(exported.body.identities).toMatchObject([{ provider: 'corp' }]);
  });
});

describe('the user is notified by email', () => {
  it('of a connection and of its end', async () => {
    const { access_token: token, user } = await registerConfirmed(app);
    arrive();
    const { body } = await connect(token, await fetchCode());
    await disconnect(token, body.id as string);
    const subjects = (await mailsTo(app, user.email)).map(({ subject }) => subject);
    expect(subjects).toContain('Your account at localhost:3000 was connected to another service');
    expect(subjects).toContain('Your account at localhost:3000 was disconnected from another service');
  });

  it('of a connection by the address alone', async () => {
    const { user } = await registerConfirmed(app);
    arrive({ email: user.email });
    upstream.person.sub = user.email;
    expect((await signInAsApp(new Browser(app))).body.user.id).toBe(user.id);
    const subjects = (await mailsTo(app, user.email)).map(({ subject }) => subject);
    expect(subjects).toContain('Your account at localhost:3000 was connected to another service');
  });
});

describe('a user without a password', () => {
  async function passwordless(): Promise<Tokens> {
    arrive();
    return (await signInAsApp(new Browser(app))).body as Tokens;
  }

  it('cannot disconnect the last way in', async () => {
    const { access_token: token } = await passwordless();
    const [identity] = await list(token);
    await expectProblem(disconnect(token, identity.id as string), 409, 'last_way_in');
    expect(await list(token)).toHaveLength(1);
  });

  it('can disconnect one of two, but not both at once', async () => {
    const { access_token: token } = await passwordless();
    arrive({ email_verified: false });
    await expectStatus(connect(token, await fetchCode()), 201);
    const identities = (await list(token)) as { id: string }[];
    const statuses = await Promise.all(identities.map(async ({ id }) => (await disconnect(token, id)).status));
    expect(statuses.sort()).toEqual([204, 409]);
  });

  it('sets one by email, and can then disconnect the provider', async () => {
    const { user } = await passwordless();
    const guess = { email: user.email, password: goodPassword };
    await expectProblem(call(app, 'POST', '/auth/login', { body: guess }), 401, 'invalid_credentials');
    await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email: user.email } }), 202);
    const body = { token: tokenIn((await mailsTo(app, user.email)).at(-1)), password: goodPassword };
    await expectStatus(call(app, 'POST', '/auth/password/reset', { body }), 204);
    const { access_token: token } = await login(app, user.email);
    const [identity] = await list(token);
    expect((await disconnect(token, identity.id as string)).status).toBe(204);
  });
});

describe('the owner of a mailbox who takes over an account that was never confirmed', () => {
  it('disconnects the providers of the person who made it (attack: an account prepared for its owner)', async () => {
    const victim = newEmail();
    upstream.person = { sub: `attacker of ${victim}`, email: victim, email_verified: false };
    const attacker = await signInAsApp(new Browser(app));
    expect(attacker.body.user).toMatchObject({ email: victim, email_verified: false });
    await expectStatus(call(app, 'POST', '/auth/password/forgot', { body: { email: victim } }), 202);
    const body = { token: tokenIn((await mailsTo(app, victim)).at(-1)), password: goodPassword };
    await expectStatus(call(app, 'POST', '/auth/password/reset', { body }), 204);
    expect((await signInAsApp(new Browser(app))).body).toMatchObject({ code: 'account_exists' });
    expect((await trailOf(app.db, attacker.body.user.id as string)).map(({ event }) => event)).toContain(
      'identity.unlinked',
    );
    // From then on it is the owner's, who can connect what they like.
    const { access_token: token } = await login(app, victim);
    expect(await list(token)).toEqual([]);
  });

  it('does so with a sign-in by email too (attack: an account prepared for its owner)', async () => {
    const victim = newEmail();
    upstream.person = { sub: `attacker of ${victim}`, email: victim, email_verified: false };
    const attacker = await signInAsApp(new Browser(app));
    await expectStatus(call(app, 'POST', '/auth/link', { body: { email: victim } }), 202);
    const body = { token: tokenIn((await mailsTo(app, victim)).at(-1)) };
    const owner = await expectStatus(call(app, 'POST', '/auth/link/login', { body }), 200);
    expect(owner.user).toMatchObject({ id: attacker.body.user.id, email_verified: true });
    expect(await list(owner.access_token)).toEqual([]);
    expect((await signInAsApp(new Browser(app))).body).toMatchObject({ code: 'account_exists' });
    await expectProblem(call(app, 'GET', '/auth/me', { token: attacker.body.access_token }), 401, 'token_revoked');
    expect(await eventsOf(app.db, owner.user.id)).toContain('identity.unlinked');
  });
});

it('an address that the provider does not vouch for gets an email to confirm it, and a session confirms it', async () => {
  const email = arrive({ email_verified: false });
  const { body } = await signInAsApp(new Browser(app));
  const token = tokenIn((await mailsTo(app, email))[0]);
  await expectProblem(
    call(app, 'POST', '/auth/email/verify', { body: { token, require_owner: true } }),
    403,
    'password_required',
  );
  await expectStatus(call(app, 'POST', '/auth/email/verify', { token: body.access_token, body: { token } }), 204);
  expect((await call(app, 'GET', '/auth/me', { token: body.access_token })).body).toMatchObject({
    email_verified: true,
  });
});
