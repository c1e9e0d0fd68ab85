import { Browser, newVerifier } from '../identities/browser.js';
import type { Upstream } from '../identities/upstream.js';
import { corpSettings, startUpstream } from '../identities/upstream.js';
import { mailsTo, tokenIn } from '../mail/mailbox.js';
import { holdRow, lineUp } from '../sessions/line-up.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectStatus, goodPassword, registerConfirmed } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { addApp, addPasskey, codeOf, nextCode } from './factor-story.js';
import { SoftwareAuthenticator } from './software-authenticator.js';

/**
 * Every way in, through every state of an account. A new way in gets a line in `ways`, and a new state one in `states`; each
 * cell of the table is a test. What a way in must not skip is checked for all of them alike.
 */

let open: TestApp;
let strict: TestApp;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream({ sub: 'nobody' });
  const env = { ...corpSettings(upstream), MAX_SESSIONS_PER_USER: '3' };
  open = await startApp({ env });
  strict = await startApp({
    env: { ...env, REQUIRE_VERIFIED_EMAIL: 'on' },
    database: open.db,
    clock: open.clock,
  });
});
afterAll(async () => {
  await strict.close();
  await open.close();
  await upstream.close();
});

interface Account {
  id: string;
  email: string;
  secret?: Uint8Array;
  recoveryCodes: string[];
  authenticator?: SoftwareAuthenticator;
}

interface Way {
  name: string;
  /** The account has a second factor already. */
  factor: 'app' | 'passkey' | undefined;
  /** It leaves the first factor behind when it begins, so what changes afterwards voids the challenge. */
  begin: (app: TestApp, account: Account) => Promise<(app: TestApp) => Promise<Answer>>;
  /** It proves the mailbox, so it confirms the address itself. */
  provesMailbox?: true;
  /** The account is connected to one at another provider, which opens a new account if this one is gone. */
  provider?: true;
  /** What it says in place of `account_disabled`. */
  disabled: string;
}

async function emailFor(app: TestApp, { email }: Account) {
  app.clock.advanceSeconds(500); // further emails are sent every eight minutes
  await expectStatus(call(app, 'POST', '/auth/link', { body: { email } }), 202);
  const mail = (await mailsTo(app, email)).at(-1)!;
  return { token: tokenIn(mail), code: /\b(\d{6})\b/.exec(mail.text)![1]! };
}

/** The one-time code of a browser that comes back from the provider, and what it is exchanged with. */
async function codeOfProvider(app: TestApp, { email }: Pick<Account, 'email'>) {
  upstream.person = { sub: email, email: `other-${email}`, email_verified: true };
  const { verifier, challenge } = newVerifier();
  const end = await new Browser(app).open(`/auth/providers/corp/start?code_challenge=${challenge}&return_to=/done`);
  return { code: end.searchParams.get('code'), verifier };
}
const exchange = (app: TestApp, body: object) => call(app, 'POST', '/auth/providers/exchange', { body });

const password = (app: TestApp, { email }: Account) =>
  call(app, 'POST', '/auth/login', { body: { email, password: goodPassword } });
const factor = (app: TestApp, body: Record<string, unknown>) => call(app, 'POST', '/auth/login/factor', { body });

const ways: Way[] = [
  // The provider keeps to the real time: the clock of the tests is still near it.
  {
    name: 'another provider',
    factor: undefined,
    begin: async (app, account) => {
      const proof = await codeOfProvider(app, account);
      return (at) => exchange(at, proof);
    },
    provider: true,
    disabled: 'account_disabled',
  },
  {
    name: 'another provider and the code of an app',
    factor: 'app',
    begin: async (app, account) => {
      const { body } = await exchange(app, await codeOfProvider(app, account));
      return (at) => factor(at, { challenge: body.challenge, code: codeOf({ secret: account.secret! }, at) });
    },
    provider: true,
    disabled: 'account_disabled',
  },
  {
    name: 'a password',
    factor: undefined,
    begin: async (_, account) => async (app) => password(app, account),
    disabled: 'account_disabled',
  },
  {
    name: 'a password and the code of an app',
    factor: 'app',
    begin: async (app, account) => {
      const { body } = await password(app, account);
      return (at) => factor(at, { challenge: body.challenge, code: codeOf({ secret: account.secret! }, at) });
    },
    disabled: 'account_disabled',
  },
  {
    name: 'a password and a recovery code',
    factor: 'app',
    begin: async (app, account) => {
      const { body } = await password(app, account);
      return (at) => factor(at, { challenge: body.challenge, recovery_code: account.recoveryCodes.pop() });
    },
    disabled: 'account_disabled',
  },
  {
    name: 'a password and a passkey',
    factor: 'passkey',
    begin: async (app, account) => {
      const { body } = await password(app, account);
      const passkey = account.authenticator!.get(body.passkey_options, { verifiesUser: false });
      return (at) => factor(at, { challenge: body.challenge, passkey });
    },
    disabled: 'account_disabled',
  },
  {
    name: 'a passkey alone',
    factor: 'passkey',
    begin: async (app, account) => {
      const { body } = await call(app, 'POST', '/auth/passkeys/options', { body: {} });
      const response = { challenge: body.challenge, passkey: account.authenticator!.get(body.options) };
      return (at) => call(at, 'POST', '/auth/passkeys/login', { body: response });
    },
    disabled: 'account_disabled',
  },
  {
    name: 'the link of an email',
    factor: undefined,
    begin: async (app, account) => {
      const { token } = await emailFor(app, account);
      return (at) => call(at, 'POST', '/auth/link/login', { body: { token } });
    },
    provesMailbox: true,
    disabled: 'one_time_token_invalid',
  },
  {
    name: 'the code of an email',
    factor: undefined,
    begin: async (app, account) => {
      const { code } = await emailFor(app, account);
      return (at) => call(at, 'POST', '/auth/link/login', { body: { email: account.email, code } });
    },
    provesMailbox: true,
    disabled: 'code_invalid',
  },
  {
    name: 'the link of an email and the code of an app',
    factor: 'app',
    begin: async (app, account) => {
      const { token } = await emailFor(app, account);
      const { body } = await call(app, 'POST', '/auth/link/login', { body: { token } });
      return (at) => factor(at, { challenge: body.challenge, code: codeOf({ secret: account.secret! }, at) });
    },
    provesMailbox: true,
    disabled: 'account_disabled',
  },
];

async function newAccount(app: TestApp, { factor: kind, provider }: Way): Promise<Account> {
  const tokens = await registerConfirmed(app);
  if (provider) {
    const body = await codeOfProvider(app, tokens.user);
    await expectStatus(call(app, 'POST', '/auth/identities', { token: tokens.access_token, body }), 201);
  }
  const account = { id: tokens.user.id, email: tokens.user.email, recoveryCodes: [] };
  if (kind === 'app') {
    const { secret, recoveryCodes } = await addApp(app, tokens);
    return { ...account, secret, recoveryCodes };
  }
  if (kind === 'passkey') {
    const { authenticator, added } = await addPasskey(app, tokens.access_token, new SoftwareAuthenticator(true));
    return { ...account, authenticator, recoveryCodes: added.recovery_codes };
  }
  return account;
}

const update = (account: Account, change: string) =>
  open.db.query(`UPDATE users SET ${change} WHERE id = $1`, [account.id]);

async function signIn(way: Way, account: Account): Promise<Answer> {
  const finish = await way.begin(open, account);
  const answer = await finish(open);
  nextCode(open);
  return answer;
}

describe.each(ways)('$name', (way) => {
  it('signs in, and is audited as a sign-in of this session', async () => {
    const account = await newAccount(open, way);
    const { status, body } = await signIn(way, account);
    expect({ status, user: body.user?.id }).toEqual({ status: 200, user: account.id });
    const events = await open.db.query(
      `SELECT 1 FROM audit_events WHERE event = 'user.signed_in' AND session_id = $1 AND actor_user_id = $2`,
      [body.session_id, account.id],
    );
    expect(events).toHaveLength(1);
  });

  it('does not open a disabled account, whenever it was disabled', async () => {
    const account = await newAccount(open, way);
    const finish = await way.begin(open, account);
    await update(account, 'disabled = true');
    expect((await finish(open)).body.code).toBe(way.disabled);
    const sessions = await open.db.query('SELECT 1 FROM sessions WHERE user_id = $1 AND revoked_at IS NULL', [
      account.id,
    ]);
    expect(sessions.length).toBeLessThanOrEqual(1); // that of the registration
  });

  it('does not open an account that was deleted meanwhile', async () => {
    const account = await newAccount(open, way);
    const finish = await way.begin(open, account);
    await open.db.query('DELETE FROM users WHERE id = $1', [account.id]);
    const { status, body } = await finish(open);
    if (way.provider && !way.factor) expect(body.user.id).not.toBe(account.id);
    else expect(status).toBeGreaterThanOrEqual(400);
  });

  it('does not open an account with an unconfirmed address, where that is required, unless it proves the address', async () => {
    const account = await newAccount(open, way);
    await update(account, 'email_verified = false');
    const finish = await way.begin(open, account);
    const { status, body } = await finish(strict);
    expect({ status, code: body.code }).toEqual(
      way.provesMailbox ? { status: 200, code: undefined } : { status: 403, code: 'email_unverified' },
    );
  });

  it('asks for a second factor that was added meanwhile, unless it is of two factors itself', async () => {
    const account = await newAccount(open, way);
    const finish = await way.begin(open, account);
    await update(account, 'second_factor = true');
    const { status, body } = await finish(open);
    expect({ status, code: body.code }).toEqual(
      way.factor ? { status: 200, code: undefined } : { status: 401, code: 'second_factor_required' },
    );
  });

  it('starts no session without a second factor that is added at the same moment (attack: a stolen password)', async () => {
    const account = await newAccount(open, way);
    const finish = await way.begin(open, account);
    const adds = 'UPDATE users SET second_factor = true WHERE id = $1';
    // It has read the account without the factor when it comes to the row, which has one by then.
    const [answer] = await lineUp(open.db, await holdRow(open.db, 'users', account.id, adds), [() => finish(open)]);
    const { status, body } = answer!;
    // The code of a provider is used up by then: its user signs in again, and is asked.
    const refusal = way.provider ? 'exchange_code_invalid' : 'second_factor_required';
    expect({ status, code: body.code }).toEqual(
      way.factor ? { status: 200, code: undefined } : { status: way.provider ? 400 : 401, code: refusal },
    );
  });

  it('keeps to the limit of sessions', async () => {
    const account = await newAccount(open, way);
    for (let i = 0; i < 5; i++) expect((await signIn(way, account)).status).toBe(200);
    const live = await open.db.query('SELECT 1 FROM sessions WHERE user_id = $1 AND revoked_at IS NULL', [account.id]);
    expect(live).toHaveLength(3);
  });

  it('starts no more sessions than the limits allow (attack: filling the audit trail)', async () => {
    const account = await newAccount(open, way);
    await open.db.query('DELETE FROM rate_limits');
    // Each way twice: a provider counts when the browser comes back and at the exchange.
    const quotas = { LIMIT_SIGN_INS: '2/1h', LIMIT_PROVIDERS: '4/1h', LIMIT_LINK: '2/1h' };
    const env = { ...corpSettings(upstream), ...quotas, RATE_LIMITS: 'on' };
    const limited = await startAppForTest({ env, database: open.db, clock: open.clock });
    for (let i = 0; i < 4; i++) {
      // A way whose first step is refused has nothing to finish with.
      const finish = await way.begin(limited, account).catch(() => undefined);
      await finish?.(limited);
      nextCode(open);
    }
    const started = await open.db.query(
      `SELECT 1 FROM audit_events WHERE event = 'user.signed_in' AND actor_user_id = $1`,
      [account.id],
    );
    expect(started).toHaveLength(2);
  });

  it('says how the user signed in, and when', async () => {
    const account = await newAccount(open, way);
    const { body } = await signIn(way, account);
    const claims = JSON.parse(Buffer.from((body as Tokens).access_token.split('.')[1]!, 'base64url').toString());
    expect(claims.acr).toBe(way.factor ? 'aal2' : 'aal1');
    expect(claims.amr.length).toBeGreaterThan(0);
    expect(open.clock.nowSeconds() - claims.auth_time).toBeLessThan(60);
  });
});
