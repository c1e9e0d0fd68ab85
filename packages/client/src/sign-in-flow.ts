import type { AuthorizedFetch } from './authorized-fetch.js';
import { readPawlError } from './errors.js';
import type { Refresher } from './refresher.js';
import { toBody } from './refresher.js';
import type { Session, TokenResponse } from './session.js';
import { toHeldSession } from './session.js';
import type { SessionState } from './session-state.js';
import type { RegisterResult, SignInResult, SignInStep } from './sign-in.js';
import { requestOf, toSecondFactor } from './sign-in.js';
import type { Transport } from './transport.js';

/** The rest of the sign-in says where the tokens go. */
const withoutDelivery = new Set(['/auth/link', '/auth/login/factor']);

/** The ways in and out. */
export class SignInFlow {
  constructor(
    private readonly transport: Transport,
    private readonly state: SessionState,
    private readonly refresher: Refresher,
    private readonly authorized: AuthorizedFetch,
  ) {}

  async register(account: Record<string, unknown> & { email: string }): Promise<RegisterResult> {
    const response = await this.postSignIn('/auth/register', account);
    if (!response.ok) throw await readPawlError(response);
    if (response.status === 202) return { next: 'confirm_email', email: account.email };
    return { session: await this.start(response) };
  }

  async signIn(step: SignInStep): Promise<SignInResult> {
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
    const delivery = this.transport.usesCookies && !withoutDelivery.has(path) ? { delivery: 'cookie' } : {};
    return this.transport.post(path, { ...body, ...delivery });
  }

  private async start(response: Response): Promise<Session> {
    const held = toHeldSession((await response.json()) as TokenResponse);
    this.state.replace(held);
    return held.session;
  }

  async signOutEverywhere(): Promise<void> {
    const response = await this.authorized.fetch('/auth/logout-all', { method: 'POST' });
    // A session that has ended by itself cannot end the others.
    if (!response.ok) throw await readPawlError(response);
    this.state.replace(undefined);
  }

  async signOut(): Promise<void> {
    this.refresher.stop();
    const refreshToken = this.state.load()?.refreshToken;
    if (!this.transport.usesCookies) {
      // What is forgotten first cannot be used any more, even if the service cannot be reached.
      this.state.replace(undefined);
      if (refreshToken === undefined) return;
    }
    const response = await this.transport.post('/auth/logout', toBody(refreshToken));
    // 401: there was no session.
    if (!response.ok && response.status !== 401) throw await readPawlError(response);
    // Only the service can clear the cookies.
    if (this.transport.usesCookies) this.state.replace(undefined);
  }
}
