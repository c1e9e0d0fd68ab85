import { mailsTo } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer } from '../support/http.js';
import { call, expectProblem, expectStatus, login, registerConfirmed } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { addPasskey, claimsOf, firstFactor, respond } from './factor-story.js';
import type { Behaviour } from './software-authenticator.js';
import { SoftwareAuthenticator } from './software-authenticator.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

function createOptions(token: string) {
  return expectStatus(call(app, 'POST', '/auth/factors/passkeys/options', { token, body: {} }), 200);
}

function signInOptions(at = app) {
  return expectStatus(call(at, 'POST', '/auth/passkeys/options', { body: {} }), 200);
}

function passkeyLogin(challenge: string, passkey: unknown, more: Record<string, unknown> = {}): Promise<Answer> {
  return call(app, 'POST', '/auth/passkeys/login', { body: { challenge, passkey, ...more } });
}

async function registerWithPasskey(authenticator?: SoftwareAuthenticator) {
  const tokens = await registerConfirmed(app);
  const added = await addPasskey(app, tokens.access_token, authenticator);
  return {
    ...added,
    tokens: { ...tokens, access_token: added.added.access_token as string },
    email: tokens.user.email,
  };
}

describe('a new passkey', () => {
  it('is resident, prefers to verify its user, and comes with recovery codes and a fresh access token', async () => {
    const { access_token: token, user } = await registerConfirmed(app);
    const { options } = await createOptions(token);
    expect(options).toMatchObject({
      rp: { id: 'localhost' },
      user: { name: user.email },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
      excludeCredentials: [],
    });
    expect(Buffer.from(options.user.id, 'base64url').toString('hex')).toBe(user.id.replaceAll('-', ''));
    const { added, authenticator } = await addPasskey(app, token);
    expect(added.recovery_codes).toHaveLength(10);
    expect(claimsOf(added)).toMatchObject({ amr: ['pwd', 'hwk', 'mfa'], acr: 'aal2' });
    const again = await createOptions(added.access_token);
    expect(again.options.excludeCredentials).toEqual([expect.objectContaining({ id: authenticator.id })]);
    expect((await mailsTo(app, user.email)).at(-1)!.subject).toMatch(/second factor was added/);
  });

  const refused: [string, Behaviour][] = [
    ['of another page', { origin: 'https://evil.example' }],
    ['of a subdomain that is not listed', { origin: 'http://sub.localhost:3000' }],
    ['for another domain', { rpId: 'evil.example' }],
    ['for another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['of another kind', { type: 'webauthn.get' }],
    ['without the presence of its user', { seesUser: false }],
    ['in a frame of another site', { crossOrigin: true }],
  ];
  it.each(refused)('%s is refused', async (_, behaviour) => {
    const { access_token: token } = await registerConfirmed(app);
    const { challenge, options } = await createOptions(token);
    const body = { challenge, passkey: new SoftwareAuthenticator().create(options, behaviour), name: 'x' };
    await expectProblem(call(app, 'POST', '/auth/factors/passkeys', { token, body }), 401, 'passkey_invalid');
  });

  it('needs a challenge of its own user, once (attack: a passkey in somebody else’s account)', async () => {
    const [mine, theirs] = [await registerConfirmed(app), await registerConfirmed(app)];
    const { challenge, options } = await createOptions(theirs.access_token);
    const body = { challenge, passkey: new SoftwareAuthenticator().create(options), name: 'x' };
    const path = '/auth/factors/passkeys';
    await expectProblem(call(app, 'POST', path, { token: mine.access_token, body }), 401, 'challenge_expired');
    await expectStatus(call(app, 'POST', path, { token: theirs.access_token, body }), 201);
    const { challenge: login } = await signInOptions();
    const wrongKind = { ...body, challenge: login };
    await expectProblem(
      call(app, 'POST', path, { token: mine.access_token, body: wrongKind }),
      401,
      'challenge_expired',
    );
  });

  it('uses its challenge up, also of several at once (attack: a passkey beside that of the owner)', async () => {
    const { access_token: token } = (await registerWithPasskey()).tokens;
    const { challenge, options } = await createOptions(token);
    const add = () => {
      const body = { challenge, passkey: new SoftwareAuthenticator().create(options), name: 'x' };
      return call(app, 'POST', '/auth/factors/passkeys', { token, body });
    };
    const answers = await Promise.all([add(), add(), add()]);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(Array(2).fill([401, 'challenge_expired']));
    await expectProblem(add(), 401, 'challenge_expired');
    const { factors } = await expectStatus(call(app, 'GET', '/auth/factors', { token }), 200);
    expect(factors).toHaveLength(2);
  });

  it('that is registered already is refused, for anybody', async () => {
    const { authenticator } = await registerWithPasskey();
    const { access_token: token } = await registerConfirmed(app);
    const { challenge, options } = await createOptions(token);
    const body = { challenge, passkey: authenticator.create(options), name: 'x' };
    await expectProblem(call(app, 'POST', '/auth/factors/passkeys', { token, body }), 409, 'passkey_exists');
    await login(app, (await registerConfirmed(app)).user.email);
  });
});

describe('a sign-in with a passkey alone', () => {
  it('needs no address, and counts as two factors', async () => {
    const { authenticator, tokens } = await registerWithPasskey();
    const { challenge, options } = await signInOptions();
    expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required' });
    expect(options.allowCredentials ?? []).toEqual([]);
    const signedIn = await expectStatus(passkeyLogin(challenge, authenticator.get(options)), 200);
    expect(signedIn.user.id).toBe(tokens.user.id);
    expect(claimsOf(signedIn)).toMatchObject({ amr: ['hwk', 'user'], acr: 'aal2' });
  });

  it('says of a synchronised passkey that it is in software', async () => {
    const { authenticator } = await registerWithPasskey(new SoftwareAuthenticator(true));
    for (let i = 0; i < 2; i++) {
      const { challenge, options } = await signInOptions();
      const signedIn = await expectStatus(passkeyLogin(challenge, authenticator.get(options)), 200);
      expect(claimsOf(signedIn).amr).toEqual(['swk', 'user']);
    }
  });

  it('puts the tokens into cookies if asked to', async () => {
    const { authenticator } = await registerWithPasskey();
    const { challenge, options } = await signInOptions();
    const answer = await passkeyLogin(challenge, authenticator.get(options), { delivery: 'cookie' });
    expect(answer.body).not.toHaveProperty('access_token');
    expect(answer.headers.getSetCookie().join()).toContain('__Host-pawl_refresh=');
  });

  const refused: [string, Behaviour][] = [
    ['that did not verify its user (attack: a stolen key without its PIN)', { verifiesUser: false }],
    ['without the presence of its user', { seesUser: false }],
    ['of another page (attack: phishing)', { origin: 'https://localhost.evil.example' }],
    ['for another domain', { rpId: 'evil.example' }],
    ['for another challenge (attack: replay)', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['of another kind', { type: 'webauthn.create' }],
    ['with the signature of another key', { forges: true }],
    ['that names another account', { userHandle: Buffer.alloc(16).toString('base64url') }],
    ['that names no account', { userHandle: null }],
    ['in a frame of another site', { crossOrigin: true }],
  ];
  it.each(refused)('%s is refused', async (_, behaviour) => {
    const { authenticator } = await registerWithPasskey();
    const { challenge, options } = await signInOptions();
    await expectProblem(passkeyLogin(challenge, authenticator.get(options, behaviour)), 401, 'passkey_invalid');
    // It did not use the challenge up.
    await expectStatus(passkeyLogin(challenge, authenticator.get(options)), 200);
  });

  it('of an unknown passkey is refused like a wrong one', async () => {
    const authenticator = new SoftwareAuthenticator();
    authenticator.create({ challenge: 'AA', rp: { id: 'localhost' }, user: { id: 'AA' } });
    const { challenge, options } = await signInOptions();
    await expectProblem(passkeyLogin(challenge, authenticator.get(options)), 401, 'passkey_invalid');
  });

  it('uses its challenge up, within five minutes', async () => {
    const { authenticator } = await registerWithPasskey();
    const { challenge, options } = await signInOptions();
    await expectStatus(passkeyLogin(challenge, authenticator.get(options)), 200);
    await expectProblem(passkeyLogin(challenge, authenticator.get(options)), 401, 'challenge_expired');
    const late = await signInOptions();
    app.clock.advanceSeconds(301);
    await expectProblem(passkeyLogin(late.challenge, authenticator.get(late.options)), 401, 'challenge_expired');
  });

  it('with a counter that has not gone up is refused and audited (attack: a copied authenticator)', async () => {
    const { authenticator, tokens } = await registerWithPasskey();
    const first = await signInOptions();
    await expectStatus(passkeyLogin(first.challenge, authenticator.get(first.options, { counter: 50 })), 200);
    for (const counter of [50, 49, 0]) {
      const { challenge, options } = await signInOptions();
      await expectProblem(passkeyLogin(challenge, authenticator.get(options, { counter })), 401, 'passkey_invalid');
    }
    const next = await signInOptions();
    const signedIn = await expectStatus(
      passkeyLogin(next.challenge, authenticator.get(next.options, { counter: 51 })),
      200,
    );
    const { events } = await expectStatus(call(app, 'GET', '/auth/me/activity', { token: signedIn.access_token }), 200);
    const copied = events.filter(({ event }: { event: string }) => event === 'factor.passkey_copied');
    expect(copied).toHaveLength(3);
    expect(tokens.user.id).toBe(signedIn.user.id);
  });
});

it('signs in to one account LIMIT_SIGN_INS times (attack: filling the audit trail)', async () => {
  const limited = await startAppForTest({ env: { RATE_LIMITS: 'on', LIMIT_SIGN_INS: '2/1h' } });
  const tokens = await registerConfirmed(limited);
  const { authenticator } = await addPasskey(limited, tokens.access_token);
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { challenge, options } = await signInOptions(limited);
    const body = { challenge, passkey: authenticator.get(options) };
    statuses.push((await call(limited, 'POST', '/auth/passkeys/login', { body })).status);
  }
  expect(statuses).toEqual([200, 200, 429]);
});

describe('a passkey as a second factor', () => {
  it('is offered with the challenge, and need not verify its user', async () => {
    const { authenticator, email } = await registerWithPasskey();
    const { challenge, factors, passkey_options: options } = await firstFactor(app, email);
    expect(factors).toEqual(['passkey', 'recovery_code']);
    expect(options.allowCredentials).toEqual([expect.objectContaining({ id: authenticator.id })]);
    const passkey = authenticator.get(options, { verifiesUser: false, userHandle: null });
    const signedIn = await expectStatus(respond(app, { challenge, passkey }), 200);
    expect(claimsOf(signedIn)).toMatchObject({ amr: ['pwd', 'hwk', 'mfa'], acr: 'aal2' });
  });

  it('of another account is refused', async () => {
    const [user, other] = [await registerWithPasskey(), await registerWithPasskey()];
    const { challenge, passkey_options: options } = await firstFactor(app, user.email);
    const passkey = other.authenticator.get(options);
    await expectProblem(respond(app, { challenge, passkey }), 401, 'factor_invalid');
    await expectStatus(respond(app, { challenge, passkey: user.authenticator.get(options) }), 200);
  });

  it('a response for signing in alone does not answer it (attack: mixing the ceremonies)', async () => {
    const { authenticator, email } = await registerWithPasskey();
    const { challenge } = await firstFactor(app, email);
    const alone = await signInOptions();
    const passkey = authenticator.get(alone.options);
    await expectProblem(respond(app, { challenge, passkey }), 401, 'factor_invalid');
    await expectProblem(passkeyLogin(challenge, passkey), 401, 'challenge_expired');
  });
});

describe('the pages that can use passkeys', () => {
  it('are those of PASSKEY_DOMAIN, with the origins of PUBLIC_URL, FRONTEND_URL and CORS_ORIGINS within it (attack: a domain that only ends like it)', async () => {
    const env = {
      PUBLIC_URL: 'https://auth.example.com',
      PASSKEY_DOMAIN: 'example.com',
      FRONTEND_URL: 'https://app.example.com/login',
      CORS_ORIGINS: 'https://shop.example.com,https://example.org,https://evilexample.com',
    };
    const split = await startAppForTest({ env });
    const tokens = await registerConfirmed(split);
    const options = await expectStatus(
      call(split, 'POST', '/auth/factors/passkeys/options', { token: tokens.access_token, body: {} }),
      200,
    );
    const authenticator = new SoftwareAuthenticator();
    const passkey = authenticator.create(options.options, { origin: 'https://app.example.com' });
    const body = { challenge: options.challenge, passkey };
    await expectStatus(call(split, 'POST', '/auth/factors/passkeys', { token: tokens.access_token, body }), 201);
    const from = async (origin: string) => {
      const { challenge, options: request } = await signInOptions(split);
      const response = { challenge, passkey: authenticator.get(request, { origin }) };
      return (await call(split, 'POST', '/auth/passkeys/login', { body: response })).status;
    };
    expect(await from('https://auth.example.com')).toBe(200);
    expect(await from('https://shop.example.com')).toBe(200);
    const foreign = ['https://example.org', 'https://evilexample.com'];
    const notListed = ['https://other.example.com', 'https://notexample.com'];
    for (const origin of [...foreign, ...notListed]) expect(await from(origin)).toBe(401);
  });
});

it('removing the last factor ends other sessions and sends a notice', async () => {
  const { added, authenticator, tokens, email } = await registerWithPasskey();
  const token = tokens.access_token;
  const { challenge, options } = await signInOptions();
  const other = await expectStatus(passkeyLogin(challenge, authenticator.get(options)), 200);
  await expectStatus(call(app, 'DELETE', `/auth/factors/${added.id}`, { token }), 204);
  await expectProblem(call(app, 'GET', '/auth/me', { token: other.access_token }), 401, 'token_revoked');
  const body = { refresh_token: other.refresh_token };
  await expectProblem(call(app, 'POST', '/auth/refresh', { body }), 401, 'session_revoked');
  await expectStatus(call(app, 'GET', '/auth/me', { token }), 200);
  expect((await mailsTo(app, email)).at(-1)!.subject).toMatch(/second factor was removed/);
});

it('is renamed and removed; the last one takes the recovery codes with it', async () => {
  const { added, tokens, email } = await registerWithPasskey();
  const token = tokens.access_token;
  const path = `/auth/factors/${added.id}`;
  expect((await expectStatus(call(app, 'PATCH', path, { token, body: { name: 'Key' } }), 200)).name).toBe('Key');
  await expectStatus(call(app, 'DELETE', path, { token }), 204);
  await expectProblem(call(app, 'DELETE', path, { token }), 404, 'not_found');
  await login(app, email);
  expect((await mailsTo(app, email)).at(-1)!.subject).toMatch(/second factor was removed/);
});
