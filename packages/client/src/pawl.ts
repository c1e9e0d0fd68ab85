import type { PawlApi } from './api.js';
import { createApi } from './api.js';
import { createAuthorizedFetch } from './authorized-fetch.js';
import { createKnownSession } from './known-session.js';
import type { ProviderOptions, ProviderStart } from './providers.js';
import { providerStart } from './providers.js';
import type { Refresher } from './refresher.js';
import { createRefresher } from './refresher.js';
import type { Session } from './session.js';
import type { SessionState } from './session-state.js';
import { createSessionState } from './session-state.js';
import type { RegisterResult, SignInResult, SignInStep } from './sign-in.js';
import { createSignInFlow } from './sign-in-flow.js';
import type { StepUpPrompt } from './step-up.js';
import type { PawlStorage } from './storage.js';
import { defaultStorage, SessionStorage } from './storage.js';
import { createTransport } from './transport.js';

export interface PawlOptions {
  /** Where Pawl is: its `PUBLIC_URL`. In a page, a path such as `/` is enough if Pawl is at the same origin. */
  url: string;
  /** `cookie`: tokens are in cookies that no script can read; for pages on Pawl's own site. `bearer`: the client keeps them. */
  mode: 'cookie' | 'bearer';
  /** For bearer mode. By default `localStorage` in a browser and memory elsewhere. */
  storage?: PawlStorage | undefined;
  /** For bearer mode: other origins whose requests carry the access token, such as `https://api.example.com`. */
  apis?: readonly string[] | undefined;
  /** Called when a request needs a recent or a stronger sign-in. The request is repeated once the user has proved it. */
  onStepUp?: StepUpPrompt | undefined;
  /** Instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
}

export interface Pawl {
  /** Registers a user and signs in. */
  register(account: { email: string; password: string; name?: string | undefined }): Promise<RegisterResult>;
  /** Does one step of a sign-in. Throws a `PawlError` if it is refused. */
  signIn<Step extends SignInStep>(step: Step): Promise<SignInResult<Step>>;
  /** Where to send the browser for a sign-in with another provider, one of `GET /auth/providers`. */
  provider(id: string, options: ProviderOptions): Promise<ProviderStart>;
  /** Ends this session, or with `everywhere` all sessions of the user. Other tabs are signed out at once. */
  signOut(options?: { everywhere?: boolean | undefined }): Promise<void>;
  /** `fetch` with the access token, which is refreshed ahead of its expiry, and once if it is refused. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Typed calls: `pawl.api.GET('/auth/me')`. See `unwrap`. */
  readonly api: PawlApi;
  /** Who is signed in. Asks the service if that is not known yet, or with `reload`. Throws if the service cannot be reached. */
  session(options?: { reload?: boolean | undefined }): Promise<Session | null>;
  /** Calls `listener` after every change of who is signed in, also in other tabs. Returns a function that ends this. An error that it throws is reported and changes nothing else. */
  onChange(listener: (session: Session | null) => void): () => void;
  /** Stops listening to other tabs. */
  close(): void;
}

/** One client for a page or a process: it shares refreshes among all calls that use it. */
export function createPawl(options: PawlOptions): Pawl {
  const { mode, apis = [], onStepUp, fetch = (input, init) => globalThis.fetch(input, init) } = options;
  const url = options.url.replace(/\/+$/, '');
  const key = `pawl:${url}`;
  const usesCookies = mode === 'cookie';
  const storage = new SessionStorage(usesCookies ? undefined : (options.storage ?? defaultStorage()), key);
  const transport = createTransport(url, fetch, usesCookies, storage, usesCookies ? [] : apis);
  const state: SessionState = createSessionState(
    `${key}:${mode}`,
    usesCookies,
    storage,
    () => refresher.stop(),
    () => void knownSession(true).catch(() => undefined),
  );
  const refresher: Refresher = createRefresher(transport, state, state.tabs);
  const authorizedFetch = createAuthorizedFetch(transport, state, refresher, onStepUp);
  const flow = createSignInFlow(transport, state, refresher, authorizedFetch);
  const knownSession = createKnownSession(usesCookies, state, authorizedFetch);
  return {
    register: flow.register,
    signIn: flow.signIn as Pawl['signIn'],
    provider: (id, { returnTo, code = !usesCookies }) => providerStart(url, id, { returnTo, code }),
    signOut: ({ everywhere = false } = {}) => (everywhere ? flow.signOutEverywhere() : flow.signOut()),
    fetch: authorizedFetch,
    api: createApi(authorizedFetch),
    session: ({ reload = false } = {}) => knownSession(reload),
    onChange: (listener) => state.onChange(listener),
    close: () => state.close(),
  };
}
