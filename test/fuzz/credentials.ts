import { Secret } from 'otpauth';
import { CookieJar } from '../auth/cookies.js';
import { codeOf, registerWithApp } from '../factors/factor-story.js';
import { basic, newClient, post, serviceToken } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { call, goodPassword, makeAdmin, newEmail, register, registerConfirmed } from '../support/http.js';
import { rawCall } from '../support/raw-http.js';
import type { Memory } from './memory.js';
import type { Header } from './odd-headers.js';

/** Who sends a request, and how. */
export const credentialKinds = [
  'none',
  'user',
  'user',
  'admin',
  'admin',
  'service',
  'service',
  'client secret',
  'user of a client',
  'cookies',
  'cookies from another site',
  'expired',
  'signed out',
  'refresh token as access token',
] as const;

export type CredentialKind = (typeof credentialKinds)[number];

/** Kinds that the service accepts for as long as nothing has ended them. */
const lasting: ReadonlySet<CredentialKind> = new Set([
  'user',
  'admin',
  'service',
  'client secret',
  'user of a client',
  'cookies',
]);
const everyScope = 'account admin revocations provider_tokens';
const pastEveryAccessTokenSeconds = 24 * 60 * 60;
const bearer = ({ access_token }: Pick<Tokens, 'access_token'>): Header[] => [
  ['Authorization', `Bearer ${access_token}`],
];

/** The headers of each kind of caller. Signs callers in again whose session the requests have ended. */
export class Credentials {
  private readonly headers = new Map<CredentialKind, readonly Header[]>();
  private readonly doubtful = new Set<CredentialKind>();

  private constructor(
    private readonly app: TestApp,
    private readonly memory: Memory,
  ) {}

  static async create(app: TestApp, memory: Memory): Promise<Credentials> {
    const credentials = new Credentials(app, memory);
    const [old, gone, withApp] = [await register(app), await register(app), await registerWithApp(app)];
    app.clock.advanceSeconds(pastEveryAccessTokenSeconds);
    credentials.headers.set('none', []).set('expired', bearer(old));
    await call(app, 'POST', '/auth/logout', { body: { refresh_token: gone.refresh_token } });
    credentials.headers.set('signed out', bearer(gone));
    memory.remember('email', withApp.email);
    for (const code of withApp.recoveryCodes) memory.remember('recovery_code', code);
    // Of the app that was added last, or that waits for its first code.
    memory.provide('code', () => {
      const secret = memory.last('secret');
      return secret && codeOf({ secret: Secret.fromBase32(secret).bytes }, app);
    });
    let asked = 0;
    memory.provide('email', () => (asked++ % 3 === 0 ? withApp.email : undefined));
    for (const grant of ['client_credentials', 'refresh_token']) memory.remember('grant_type', grant);
    for (const name of ['password', 'current_password']) memory.remember(name, goodPassword);
    for (const kind of lasting) credentials.doubtful.add(kind);
    return credentials;
  }

  /** The headers of a caller of this kind, who is signed in if the kind is. */
  async headersOf(kind: CredentialKind): Promise<readonly Header[]> {
    if (this.doubtful.delete(kind) && !(await this.isAccepted(kind))) await this.renew(kind);
    return this.headers.get(kind) ?? [];
  }

  /** After a request that may have ended a session: whether it did is found out before the next request that needs it. */
  doubt(): void {
    for (const kind of lasting) this.doubtful.add(kind);
  }

  /** Signs the caller in again before its next request: its sign-in is no longer recent. */
  expire(kind: CredentialKind): void {
    if (!lasting.has(kind)) return;
    this.headers.delete(kind);
    this.doubtful.add(kind);
  }

  private async isAccepted(kind: CredentialKind): Promise<boolean> {
    const headers = this.headers.get(kind);
    if (!headers) return false;
    if (kind === 'client secret') {
      const { status } = await post(this.app, '/oauth/introspect', { token: 'x' }, headers);
      return status === 200;
    }
    const path = kind === 'service' ? '/oauth/revocations?after=0' : kind === 'admin' ? '/admin/status' : '/auth/me';
    const { status } = await rawCall(this.app, { path, headers: [...headers, ['Accept', 'application/json']] });
    return status === 200 || status === 400;
  }

  private async renew(kind: CredentialKind): Promise<void> {
    if (kind === 'user') this.set('user', bearer(await registerConfirmed(this.app)));
    if (kind === 'admin') this.set('admin', bearer(await makeAdmin(this.app)));
    if (kind === 'cookies') await this.renewCookies();
    if (['service', 'client secret', 'user of a client'].includes(kind)) await this.renewClient();
  }

  private async renewCookies(): Promise<void> {
    const jar = new CookieJar(this.app);
    const body = JSON.stringify({ email: newEmail(), password: goodPassword, delivery: 'cookie' });
    const sameSite: Header = ['Sec-Fetch-Site', 'same-origin'];
    await jar.send({
      method: 'POST',
      path: '/auth/register',
      headers: [['Content-Type', 'application/json'], sameSite],
      body,
    });
    this.set('cookies', [jar.header, sameSite]);
    this.set('cookies from another site', [
      jar.header,
      ['Sec-Fetch-Site', 'cross-site'],
      ['Origin', 'https://evil.example'],
    ]);
  }

  private async renewClient(): Promise<void> {
    const admin = await makeAdmin(this.app);
    const client = await newClient(this.app, admin, { scope: everyScope, role: 'admin' });
    const token = await serviceToken(this.app, client, { scope: everyScope });
    const body = { email: newEmail(), password: goodPassword, client_id: client.client_id, scope: 'account' };
    const { body: tokens } = await call(this.app, 'POST', '/auth/register', {
      body,
      headers: Object.fromEntries(basic(client)),
    });
    this.memory.learn('/admin/clients', client);
    this.set('client secret', basic(client));
    this.set('service', bearer({ access_token: token }));
    this.set('user of a client', bearer(this.known(tokens as Tokens)));
  }

  private set(kind: CredentialKind, headers: readonly Header[]): void {
    this.headers.set(kind, headers);
    this.doubtful.delete(kind);
  }

  /** Lets the requests use what belongs to this user. */
  private known(tokens: Tokens): Tokens {
    this.memory.learn('/users', tokens);
    this.memory.remember('/users', tokens.user.id);
    this.memory.remember('/auth/sessions', tokens.session_id);
    this.headers.set('refresh token as access token', [['Authorization', `Bearer ${tokens.refresh_token}`]]);
    return tokens;
  }
}
