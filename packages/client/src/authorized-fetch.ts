import { readPawlError } from './errors.js';
import type { Refresher } from './refresher.js';
import type { HeldSession, TokenResponse } from './session.js';
import { freshness, toHeldSession, withAccessToken } from './session.js';
import type { SessionState } from './session-state.js';
import type { StepUpPrompt, StepUpRequest } from './step-up.js';
import { stepUp, stepUpRequestOf } from './step-up.js';
import type { RepeatableRequest, Transport } from './transport.js';

/** `fetch` as the signed-in user: with a fresh access token, and with a step-up if the service asks for one. */
export class AuthorizedFetch {
  private steppingUp: Promise<boolean> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly state: SessionState,
    private readonly refresher: Refresher,
    private readonly onStepUp: StepUpPrompt | undefined,
  ) {}

  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = this.transport.repeatable(input, init);
    let response = await this.fetchRefreshed(request);
    if (response.status !== 401 || !this.onStepUp) return response;
    const needed = await stepUpRequestOf(response);
    if (needed && (await this.stepUp(needed, this.onStepUp))) response = await this.fetchRefreshed(request);
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
    if (!this.transport.usesCookies && !this.state.load()) return response;
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
}

/** Whether a refresh can help. Other services may refuse a token without a code of ours. */
async function isAboutToken(response: Response): Promise<boolean> {
  const { code } = await readPawlError(response);
  return code.startsWith('token_') || code === 'unexpected_response';
}
