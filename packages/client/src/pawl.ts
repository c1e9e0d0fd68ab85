import type { PawlApi } from './api.js';
import { createApi } from './api.js';
import { asPawlError, readPawlError } from './errors.js';
import type { ProviderOptions, ProviderStart } from './providers.js';
import { providerStart } from './providers.js';
import { Refresher, toBody } from './refresher.js';
import type { HeldSession, Session, TokenResponse, User } from './session.js';
import { freshness, toHeldSession, withAccessToken } from './session.js';
import { SessionState } from './session-state.js';
import type { RegisterResult, SignInResult, SignInStep } from './sign-in.js';
import { requestOf, toSecondFactor } from './sign-in.js';
import type { StepUpPrompt, StepUpRequest } from './step-up.js';
import { stepUp, stepUpRequestOf } from './step-up.js';
import type { PawlStorage } from './storage.js';
import { defaultStorage, memoryStorage, SessionStorage } from './storage.js';
import type { RepeatableRequest } from './transport.js';
import { Transport } from './transport.js';

export interface PawlOptions {
  /** Where Pawl is: its `PUBLIC_URL`. In a page, a path such as `/` is enough if Pawl is at the same origin. */
  url: string;
  /** `cookie`: tokens are in cookies that no script can read; for pages on Pawl's own site. `bearer`: the client keeps them. */
  mode: 'cookie' | 'bearer';
  /** For bearer mode. By default `localStorage` in a browser and memory elsewhere. */
  storage?: PawlStorage;
  /** For bearer mode: other origins whose requests carry the access token, such as `https://api.example.com`. */
  apis?: readonly string[];
  /** Called when a request needs a recent or a stronger sign-in. The request is repeated once the user has proved it. */
  onStepUp?: StepUpPrompt;
  /** Instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
}

export interface Pawl {
  /** Registers a user and signs in. */
  register(account: { email: string; password: string; name?: string }): Promise<RegisterResult>;
  /** Does one step of a sign-in. Throws a `PawlError` if it is refused. */
  signIn(step: SignInStep): Promise<SignInResult>;
  /** Where to send the browser for a sign-in with another provider, one of `GET /auth/providers`. */
  provider(id: string, options: ProviderOptions): Promise<ProviderStart>;
  /** Ends this session, or with `everywhere` all sessions of the user. Other tabs are signed out at once. */
  signOut(options?: { everywhere?: boolean }): Promise<void>;
  /** `fetch` with the access token, which is refreshed ahead of its expiry, and once if it is refused. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Typed calls: `pawl.api.GET('/auth/me')`. See `unwrap`. */
  readonly api: PawlApi;
  /** Who is signed in. Asks the service if that is not known yet, or with `reload`. Throws if the service cannot be reached. */
  session(options?: { reload?: boolean }): Promise<Session | null>;
  /** Calls `listener` after every change of who is signed in, also in other tabs. Returns a function that ends this. */
  onChange(listener: (session: Session | null) => void): () => void;
  /** Stops listening to other tabs. */
  close(): void;
}

/** One client for a page or a process: it shares refreshes among all calls that use it. */
export function createPawl(options: PawlOptions): Pawl {
  return new PawlClient(options).asPawl();
}

/** The rest of the sign-in says where the tokens go. */
const withoutDelivery = new Set(['/auth/link', '/auth/login/factor']);

class PawlClient {
  private readonly usesCookies: boolean;
  private readonly transport: Transport;
  private readonly state: SessionState;
  private readonly refresher: Refresher;
  private asking: Promise<Session | null> | undefined;
  private steppingUp: Promise<boolean> | undefined;

  constructor(private readonly options: PawlOptions) {
    const { mode, apis = [], fetch = (input, init) => globalThis.fetch(input, init) } = options;
    const url = options.url.replace(/\/+$/, '');
    const key = `pawl:${url}`;
    this.usesCookies = mode === 'cookie';
    const storage = new SessionStorage(this.usesCookies ? memoryStorage() : (options.storage ?? defaultStorage()), key);
    this.transport = new Transport(url, fetch, this.usesCookies, storage, this.usesCookies ? [] : apis);
    this.state = new SessionState(`${key}:${mode}`, this.usesCookies, storage, () => this.refresher.stop());
    this.refresher = new Refresher(this.transport, this.state, this.state.tabs);
  }

  asPawl(): Pawl {
    return {
      register: (account) => this.register(account),
      signIn: (step) => this.signIn(step),
      provider: (id, { returnTo, code = !this.usesCookies }) =>
        providerStart(this.transport.url, id, { returnTo, code }),
      signOut: ({ everywhere = false } = {}) => (everywhere ? this.signOutEverywhere() : this.signOut()),
      fetch: (input, init) => this.fetch(input, init),
      api: createApi((path, init) => this.fetch(path, init)),
      session: ({ reload = false } = {}) => this.session(reload),
      onChange: (listener) => this.state.onChange(listener),
      close: () => this.state.close(),
    };
  }

  private async register(account: Record<string, unknown> & { email: string }): Promise<RegisterResult> {
    const response = await this.postSignIn('/auth/register', account);
    if (!response.ok) throw await readPawlError(response);
    if (response.status === 202) return { next: 'confirm_email', email: account.email };
    return { session: await this.start(response) };
  }

  private async signIn(step: SignInStep): Promise<SignInResult> {
    const { path, body } = await requestOf(step, (request) => this.postOrThrow(request.path, request.body));
    const response = await this.postSignIn(path, body);
    if (response.ok) {
      return response.status === 202 && 'email' in step
        ? { next: 'link', email: step.email }
        : { session: await this.start(response) };
    }
    const error = await readPawlError(response);
    if (error.code === 'second_factor_required') return toSecondFactor(error.problem);
    throw error;
  }

  private async postOrThrow(path: string, body: Record<string, unknown>): Promise<Response> {
    const response = await this.transport.post(path, body);
    if (!response.ok) throw await readPawlError(response);
    return response;
  }

  /** A refresh of the session before must not set its cookies after those of the new one. */
  private postSignIn(path: string, body: Record<string, unknown>): Promise<Response> {
    this.refresher.stop();
    const delivery = this.usesCookies && !withoutDelivery.has(path) ? { delivery: 'cookie' } : {};
    return this.transport.post(path, { ...body, ...delivery });
  }

  private async start(response: Response): Promise<Session> {
    const held = toHeldSession((await response.json()) as TokenResponse);
    this.state.replace(held);
    return held.session;
  }

  private async signOutEverywhere(): Promise<void> {
    const response = await this.fetch('/auth/logout-all', { method: 'POST' });
    // A session that has ended by itself cannot end the others.
    if (!response.ok) throw await readPawlError(response);
    this.state.replace(undefined);
  }

  private async signOut(): Promise<void> {
    this.refresher.stop();
    const refreshToken = this.state.load()?.refreshToken;
    if (!this.usesCookies) {
      // What is forgotten first cannot be used any more, even if the service cannot be reached.
      this.state.replace(undefined);
      if (refreshToken === undefined) return;
    }
    const response = await this.transport.post('/auth/logout', toBody(refreshToken));
    // 401: there was no session.
    if (!response.ok && response.status !== 401) throw await readPawlError(response);
    // Only the service can clear the cookies.
    if (this.usesCookies) this.state.replace(undefined);
  }

  private async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = this.transport.repeatable(input, init);
    let response = await this.fetchRefreshed(request);
    if (response.status !== 401 || !this.options.onStepUp) return response;
    const needed = await stepUpRequestOf(response);
    if (needed && (await this.stepUp(needed, this.options.onStepUp))) response = await this.fetchRefreshed(request);
    return response;
  }

  private async fetchRefreshed(request: RepeatableRequest): Promise<Response> {
    let held = this.state.load();
    const state = held && freshness(held);
    if (state === 'stale') held = await this.refresher.refresh(held);
    // Soon is early enough: this request does not wait for it, and a failure shows when the token is refused.
    else if (state === 'due') this.refresher.refresh(held).catch(() => undefined);
    const response = await this.send(request, held);
    if (response.status !== 401 || !(await isAboutToken(response))) return response;
    if (!this.usesCookies && !this.state.load()) return response;
    const fresh = await this.refresher.refresh(held);
    return fresh ? this.send(request, fresh) : response;
  }

  private async send(request: RepeatableRequest, held: HeldSession | undefined): Promise<Response> {
    const response = await this.transport.send(request, held?.accessToken);
    if (response.ok && request.method !== 'GET' && request.isPawl) await this.keepTokens(response);
    return response;
  }

  /** Some changes of the account replace the tokens of the session: a new password, a step-up, a new factor. */
  private async keepTokens(response: Response): Promise<void> {
    this.transport.keepDeviceToken(response);
    const held = this.state.load();
    const body = (await response
      .clone()
      .json()
      .catch(() => undefined)) as Partial<TokenResponse> | undefined;
    if (!held || body?.token_type !== 'Bearer') return;
    this.refresher.stop();
    this.state.replace(
      body.session_id === undefined ? withAccessToken(held, body) : toHeldSession(body as TokenResponse),
    );
  }

  /** Calls that need it at the same time share one prompt. */
  private stepUp(needed: StepUpRequest, prompt: StepUpPrompt): Promise<boolean> {
    const post = (path: string, body: Record<string, unknown>) => {
      const headers = { 'Content-Type': 'application/json' };
      return this.fetchRefreshed(
        this.transport.repeatable(path, { method: 'POST', headers, body: JSON.stringify(body) }),
      );
    };
    this.steppingUp ??= stepUp(needed, prompt, this.transport, post).finally(() => (this.steppingUp = undefined));
    return this.steppingUp;
  }

  private async session(reload: boolean): Promise<Session | null> {
    const { session } = this.state;
    if (session !== undefined && !reload) return session;
    return (this.asking ??= this.askForSession().finally(() => (this.asking = undefined)));
  }

  private async askForSession(): Promise<Session | null> {
    const before = this.state.session;
    if (!this.usesCookies && !before) return null;
    const response = await this.fetch(this.usesCookies ? '/auth/session' : '/auth/me').catch((error: unknown) => {
      throw asPawlError(error);
    });
    const { session } = this.state;
    if (!this.usesCookies) return this.keepUser(response);
    if (!response.ok) throw await readPawlError(response);
    const { user, session_id: id } = (await response.json()) as { user: User | null; session_id?: string };
    // A sign-in or sign-out meanwhile knows better.
    if (session === before) this.state.know(user && id !== undefined ? { id, user } : null);
    return this.state.session ?? null;
  }

  private async keepUser(response: Response): Promise<Session | null> {
    const held = this.state.load();
    if (!held) return null; // the session has ended
    if (!response.ok) throw await readPawlError(response);
    const user = (await response.json()) as User;
    if (user.id === held.session.user.id) this.state.replace({ ...held, session: { ...held.session, user } });
    return this.state.session ?? null;
  }
}

/** Whether a refresh can help. Other services may refuse a token without a code of ours. */
async function isAboutToken(response: Response): Promise<boolean> {
  const { code } = await readPawlError(response);
  return code.startsWith('token_') || code === 'unexpected_response';
}
