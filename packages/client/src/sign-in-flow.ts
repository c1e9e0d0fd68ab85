import type { AuthorizedFetch } from './authorized-fetch.js';
import type { PawlError } from './errors.js';
import { readBody, readPawlError } from './errors.js';
import type { Refresher } from './refresher.js';
import { toBody } from './refresher.js';
import type { Session, TokenResponse } from './session.js';
import { toHeldSession } from './session.js';
import type { SessionState } from './session-state.js';
import type { RegisterResult, SignInResult, SignInStep } from './sign-in.js';
import { requestOf, toSecondFactor } from './sign-in.js';
import type { Transport } from './transport.js';

/** The rest of the sign-in says where the tokens go. */
const withoutDelivery = /\/(link|factor)$/;

/** The ways in and out. */
export interface SignInFlow {
  register: (account: Record<string, unknown> & { email: string }) => Promise<RegisterResult>;
  signIn: (step: SignInStep) => Promise<SignInResult>;
  signOut: () => Promise<void>;
  signOutEverywhere: () => Promise<void>;
}

export function createSignInFlow(
  transport: Transport,
  state: SessionState,
  refresher: Refresher,
  fetch: AuthorizedFetch,
): SignInFlow {
  const { usesCookies } = transport;

  const post = (path: string, body: Record<string, unknown>) =>
    transport.post(path, { ...body, ...(usesCookies && !withoutDelivery.test(path) && { delivery: 'cookie' }) });

  async function start(response: Response): Promise<{ session: Session }> {
    const held = toHeldSession(await readBody<TokenResponse>(response, 'session_id'));
    state.replace(held);
    return { session: held.session };
  }

  /** Tabs share cookies: a refresh of another tab must not set those of the session before after the ones that this sets. */
  async function leading<Result>(start: () => Promise<Result>): Promise<Result> {
    if (!usesCookies) return start();
    await state.tabs.claim();
    state.tabs.lead();
    return start().finally(() => state.tabs.finish());
  }

  async function signInWith(step: SignInStep, path: string, body: Record<string, unknown>): Promise<SignInResult> {
    const response = await post(path, body);
    if (response.status === 202 && 'email' in step) return { next: 'link', email: step.email };
    try {
      return await start(response);
    } catch (error) {
      const { code, problem } = error as PawlError;
      if (code === 'second_factor_required') return toSecondFactor(problem);
      throw error;
    }
  }

  async function registerWith(account: Record<string, unknown> & { email: string }): Promise<RegisterResult> {
    const response = await post('/auth/register', account);
    return response.status === 202 ? { next: 'confirm_email', email: account.email } : start(response);
  }

  async function endSession(): Promise<void> {
    const refreshToken = state.load()?.refreshToken;
    if (!usesCookies) {
      // What is forgotten first cannot be used any more, even if the service cannot be reached.
      state.replace(undefined);
      if (refreshToken === undefined) return;
    }
    const response = await transport.post('/auth/logout', toBody(refreshToken));
    // 401: there was no session. 200 is the response of a captive portal.
    if (response.status !== 204 && response.status !== 401) throw await readPawlError(response);
    // Only the service can clear the cookies.
    if (usesCookies) state.replace(undefined);
  }

  return {
    register: (account) => refresher.during(leading(() => registerWith(account))),
    signIn: async (step) => {
      const { path, body } = await requestOf(step, transport);
      return refresher.during(leading(() => signInWith(step, path, body)));
    },
    signOut: () => refresher.during(endSession()),
    signOutEverywhere: async () => {
      const response = await fetch('/auth/logout-all', { method: 'POST' });
      // A session that has ended by itself cannot end the others.
      if (!response.ok) throw await readPawlError(response);
      state.replace(undefined);
    },
  };
}
