import { readJson, readPawlError } from './errors.js';
import type { Refresher } from './refresher.js';
import type { HeldSession, TokenResponse } from './session.js';
import { freshness, toHeldSession, withAccessToken } from './session.js';
import type { SessionState } from './session-state.js';
import type { StepUpPrompt, StepUpRequest } from './step-up.js';
import { stepUp, stepUpRequestOf } from './step-up.js';
import type { RepeatableRequest, Transport } from './transport.js';

/** `fetch` as the signed-in user: with a fresh access token, and with a step-up if the service asks for one. */
export type AuthorizedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export function createAuthorizedFetch(
  transport: Transport,
  state: SessionState,
  refresher: Refresher,
  onStepUp: StepUpPrompt | undefined,
): AuthorizedFetch {
  let steppingUp: Promise<boolean> | undefined;

  async function fetchRefreshed(request: RepeatableRequest): Promise<Response> {
    let held = state.load();
    const age = held && freshness(held);
    if (age === 'stale') held = await refresh(held, request);
    // Soon is early enough: this request does not wait for it, and a failure shows when the token is refused.
    else if (age === 'due') refresher.refresh(held).catch(() => undefined);
    const response = await send(request, held);
    if (response.status !== 401 || !(await isAboutToken(response, request))) return response;
    if (!transport.usesCookies && !state.load()) return response;
    const fresh = await refresh(held, request);
    return fresh && fresh !== held ? send(request, fresh) : response;
  }

  /** What is held then: the same as before if another user has signed in, who must not make the call of the first one. */
  async function refresh(
    held: HeldSession | undefined,
    { signal }: RepeatableRequest,
  ): Promise<HeldSession | undefined> {
    const fresh = await orAborted(refresher.refresh(held), signal);
    return fresh && held && fresh.session.user.id !== held.session.user.id ? held : fresh;
  }

  async function send(request: RepeatableRequest, held: HeldSession | undefined): Promise<Response> {
    const response = await transport.send(request, held?.accessToken);
    if (response.ok && request.method !== 'GET' && request.isPawl) await keepTokens(response, held);
    return response;
  }

  /** Some changes of the account replace the tokens of the session: a new password, a step-up, a new factor. */
  async function keepTokens(response: Response, sentAs: HeldSession | undefined): Promise<void> {
    transport.keepDeviceToken(response);
    const body = (await readJson(response)) as TokenResponse | Omit<TokenResponse, 'session_id'> | undefined;
    const held = state.load();
    // Another sign-in meanwhile: the tokens belong to the session before.
    if (!held || held.session.id !== sentAs?.session.id || body?.token_type !== 'Bearer') return;
    refresher.stop();
    state.replace('session_id' in body ? toHeldSession(body) : withAccessToken(held, body));
  }

  /** Calls that need it at the same time share one prompt. */
  function stepUpOnce(needed: StepUpRequest, prompt: StepUpPrompt): Promise<boolean> {
    const post = (path: string, body: Record<string, unknown>) => {
      const headers = { 'Content-Type': 'application/json' };
      return fetchRefreshed(transport.repeatable(path, { method: 'POST', headers, body: JSON.stringify(body) }));
    };
    return (steppingUp ??= stepUp(needed, prompt, transport, post).finally(() => (steppingUp = undefined)));
  }

  return async (input, init) => {
    const request = transport.repeatable(input, init);
    let response = await fetchRefreshed(request);
    // The prompt of another call may have asked for less than this one needs: so this one asks too.
    for (let again = true; again && response.status === 401 && onStepUp;) {
      const needed = await stepUpRequestOf(response);
      again = steppingUp !== undefined;
      if (!needed || !(await orAborted(stepUpOnce(needed, onStepUp), request.signal))) break;
      response = await fetchRefreshed(request);
    }
    return response;
  };
}

/** Whether a refresh can help. Other services may refuse a token with codes of their own. */
async function isAboutToken(response: Response, { isPawl }: RepeatableRequest): Promise<boolean> {
  const { code } = await readPawlError(response);
  return isPawl
    ? code.startsWith('token_') || code === 'unexpected_response'
    : code !== 'insufficient_user_authentication';
}

/** The caller does not wait any longer, but what others wait for goes on. */
function orAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason as Error);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    void promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', abort));
  });
}
