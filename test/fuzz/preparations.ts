import { randomUUID } from 'node:crypto';
import { Secret } from 'otpauth';
import { addAppWithCode, addPasskey, codeOf, firstFactor } from '../factors/factor-story.js';
import { SoftwareAuthenticator } from '../factors/software-authenticator.js';
import { Browser, newVerifier } from '../identities/browser.js';
import type { Upstream } from '../identities/upstream.js';
import { newClient } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, goodPassword, login, makeAdmin, newEmail, register, registerConfirmed } from '../support/http.js';
import type { Operation } from './api-document.js';
import { mailedTokenTo } from './mails.js';
import type { Header } from './odd-headers.js';

/** The parts of a request that the service accepts, because earlier requests of the same caller have led to it. */
export interface Prepared {
  /** Of the caller, in place of the planned credential. */
  headers?: readonly Header[];
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  body?: Readonly<Record<string, unknown>>;
}

type Preparation = (user: Tokens) => Prepared | Promise<Prepared>;

const asNobody: Prepared = { headers: [] };
const by = ({ access_token }: Pick<Tokens, 'access_token'>): Prepared => ({
  headers: [['Authorization', `Bearer ${access_token}`]],
});

/**
 * Does what a client does before it can send a request that texts of earlier responses alone do not make: signs in as far as a
 * challenge, reads an email, visits another provider, has an authenticator sign. Always for a new user, whom no other request
 * has changed.
 */
export class Preparations {
  private secondFactors = 0;
  private readonly byOperation: Readonly<Record<string, Preparation>> = {
    'POST /auth/register': () => ({ ...asNobody, body: { email: newEmail(), password: goodPassword } }),
    'POST /auth/login': ({ user }) => ({ ...asNobody, body: { email: user.email, password: goodPassword } }),
    'POST /auth/login/factor': async (user) => ({ ...asNobody, body: await this.secondFactor(user) }),
    'POST /auth/link/login': async ({ user }) => ({
      ...asNobody,
      body: { token: await this.mailedToken('/auth/link', user) },
    }),
    'POST /auth/passkeys/login': async (user) => {
      const { authenticator } = await addPasskey(this.app, user.access_token);
      const { challenge, options } = await this.post('/auth/passkeys/options', {});
      return { ...asNobody, body: { challenge, passkey: authenticator.get(options) } };
    },
    'POST /auth/providers/exchange': async () => ({ ...asNobody, body: await this.providerCode() }),
    'POST /auth/refresh': ({ refresh_token }) => ({ ...asNobody, body: { refresh_token } }),
    'POST /oauth/token': ({ refresh_token }) => ({
      ...asNobody,
      body: { grant_type: 'refresh_token', refresh_token, client_id: 'pawl' },
    }),
    'POST /oauth/revoke': ({ refresh_token: token }) => ({ ...asNobody, body: { token, client_id: 'pawl' } }),
    'POST /auth/password': (user) => ({
      ...by(user),
      body: { current_password: goodPassword, new_password: randomUUID() },
    }),
    'POST /auth/password/reset': async ({ user }) => ({
      ...asNobody,
      body: { token: await this.mailedToken('/auth/password/forgot', user), password: randomUUID() },
    }),
    'POST /auth/email/verify': async () => {
      const { user } = await register(this.app);
      return { ...asNobody, body: { token: await mailedTokenTo(user.email, this.app) } };
    },
    'POST /auth/factors/totp/confirm': async (user) => {
      const { secret } = await this.post('/auth/factors/totp', {}, user);
      return { ...by(user), body: { code: codeOf({ secret: Secret.fromBase32(secret).bytes }, this.app) } };
    },
    'POST /auth/factors/passkeys': async (user) => {
      const { challenge, options } = await this.post('/auth/factors/passkeys/options', {}, user);
      return { ...by(user), body: { challenge, passkey: new SoftwareAuthenticator().create(options), name: 'Key' } };
    },
    'POST /auth/factors/recovery-codes': async (user) => by((await addAppWithCode(this.app, user)).tokens),
    'PATCH /auth/factors/{id}': async (user) => ({ ...(await this.factor(user)), body: { name: 'My phone' } }),
    'DELETE /auth/factors/{id}': (user) => this.factor(user),
    'POST /auth/identities': async (user) => ({ ...by(user), body: await this.providerCode() }),
    'DELETE /auth/identities/{id}': async (user) => {
      const { id } = await this.post('/auth/identities', await this.providerCode(), user);
      return { ...by(user), path: { id } };
    },
    'GET /oauth/provider-tokens': async () => {
      const { user } = await this.post('/auth/providers/exchange', await this.providerCode());
      return { query: { user_id: user.id, provider: 'corp' } };
    },
    'GET /notes/{id}': (user) => this.note(user),
    'PATCH /notes/{id}': async (user) => ({ ...(await this.note(user)), body: { title: 'Another title' } }),
    'DELETE /notes/{id}': (user) => this.note(user),
    'DELETE /auth/sessions/{id}': async (user) => ({ ...by(user), path: { id: await this.otherSession(user) } }),
    // Those below are sent by the admin that is planned.
    'DELETE /admin/notes/{id}': async (user) => ({ path: (await this.note(user)).path }),
    'GET /users/{id}': ({ user }) => ({ path: { id: user.id } }),
    'PATCH /users/{id}': ({ user }) => ({ path: { id: user.id }, body: { role: 'user' } }),
    'DELETE /users/{id}': ({ user }) => ({ path: { id: user.id } }),
    'DELETE /users/{id}/factors': ({ user }) => ({ path: { id: user.id } }),
    'GET /users/{id}/sessions': ({ user }) => ({ path: { id: user.id } }),
    'DELETE /users/{id}/sessions': ({ user }) => ({ path: { id: user.id } }),
    'DELETE /users/{id}/sessions/{session_id}': ({ user, session_id }) => ({ path: { id: user.id, session_id } }),
    'DELETE /admin/clients/{id}': () => this.client(),
    'POST /admin/clients/{id}/secret': () => this.client(),
  };

  constructor(
    private readonly app: TestApp,
    private readonly upstream: Upstream,
  ) {}

  /** Undefined for an operation that needs nothing of the kind. */
  async prepare({ method, path }: Operation): Promise<Prepared | undefined> {
    const preparation = this.byOperation[`${method} ${path}`];
    return preparation && preparation(await registerConfirmed(this.app));
  }

  /** A challenge with one of the responses to it, each kind in turn. */
  private async secondFactor(user: Tokens): Promise<Record<string, unknown>> {
    const kind = this.secondFactors++ % 3;
    if (kind === 0) {
      const { authenticator } = await addPasskey(this.app, user.access_token);
      const { challenge, passkey_options } = await firstFactor(this.app, user.user.email);
      return { challenge, passkey: authenticator.get(passkey_options) };
    }
    const withApp = await addAppWithCode(this.app, user);
    const { challenge } = await firstFactor(this.app, withApp.email);
    // The code of the present step has confirmed the app. Clocks may differ by a step.
    if (kind === 1) return { challenge, code: codeOf(withApp, this.app, 1) };
    return { challenge, recovery_code: withApp.recoveryCodes[0] };
  }

  private async factor(user: Tokens): Promise<Prepared> {
    const { tokens } = await addAppWithCode(this.app, user);
    const { body } = await call(this.app, 'GET', '/auth/factors', { token: tokens.access_token });
    return { ...by(tokens), path: { id: body.factors[0].id } };
  }

  private async note(user: Tokens): Promise<Prepared> {
    const { id } = await this.post('/notes', { title: 'A title', body: '' }, user);
    return { ...by(user), path: { id } };
  }

  private async client(): Promise<Prepared> {
    const { client_id: id } = await newClient(this.app, await makeAdmin(this.app));
    return { path: { id } };
  }

  private async otherSession({ user }: Tokens): Promise<string> {
    return (await login(this.app, user.email)).session_id;
  }

  /** The one-time code of somebody new who has been at the provider, and its verifier. */
  private async providerCode(): Promise<{ code: string; verifier: string }> {
    const email = newEmail();
    this.upstream.person = { sub: email, email, email_verified: true };
    const { verifier, challenge } = newVerifier();
    const start = `/auth/providers/corp/start?code_challenge=${challenge}&return_to=/done`;
    const end = await new Browser(this.app).open(start);
    const code = end.searchParams.get('code');
    if (code === null) throw new Error(`The provider sent the browser to ${end.href}`);
    return { code, verifier };
  }

  private async mailedToken(path: string, user: Tokens['user']): Promise<string> {
    await this.post(path, { email: user.email });
    return mailedTokenTo(user.email, this.app);
  }

  private async post(path: string, body: unknown, user?: Tokens): Promise<any> {
    const { status, body: answered } = await call(this.app, 'POST', path, { token: user?.access_token, body });
    if (status >= 400) throw new Error(`${path} is ${status}: ${JSON.stringify(answered)}`);
    return answered;
  }
}
