import type { PawlErrorCode } from './errors.js';
import { PawlError, readPawlError } from './errors.js';
import type { HeldSession, TokenResponse } from './session.js';
import { supersedes, toHeldSession } from './session.js';
import type { Tabs } from './tabs.js';
import { sleep } from './tabs.js';
import type { Transport } from './transport.js';

/** What the client holds. In bearer mode that is the storage, which other tabs write to. */
export interface Holder {
  /** Undefined: nothing is held, or in cookie mode nothing is known. */
  load(): HeldSession | undefined;
  replace(held: HeldSession): void;
  /** The service refused to go on with it. */
  end(): void;
}

const maxAttempts = 6;
const firstPauseMs = 200;
/** A service that asks for a longer pause is reported to the caller instead. */
const maxPauseMs = 20_000;

/** The session has ended. Anything else that goes wrong is temporary, so the user stays signed in. */
const endCodes: ReadonlySet<PawlErrorCode> = new Set([
  'refresh_missing',
  'refresh_invalid',
  'refresh_expired',
  'refresh_reused',
  'session_revoked',
]);

/** Refreshes once at a time, as docs/refresh-tokens.md asks of a client. */
export class Refresher {
  private running: Promise<HeldSession | undefined> | undefined;
  private cancel = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly holder: Holder,
    private readonly tabs: Tabs,
  ) {}

  /** Returns what is held then: undefined if the session has ended. Throws if the service could not be asked. */
  refresh(refused: HeldSession | undefined): Promise<HeldSession | undefined> {
    if (this.running) return this.running;
    const run = this.run(refused).finally(() => {
      // After a stop, the next one may be running already.
      if (this.running === run) this.running = undefined;
    });
    return (this.running = run);
  }

  /** The user signs in or out: a response that arrives later is about a session that is not wanted any more. */
  stop(): void {
    this.cancel.abort();
    this.cancel = new AbortController();
    this.running = undefined;
  }

  private async run(refused: HeldSession | undefined): Promise<HeldSession | undefined> {
    const { signal } = this.cancel;
    const isStopped = () => signal.aborted;
    // Another tab may have refreshed, and its message or its write may arrive late: look twice before asking the service.
    if (await this.tabs.claim()) await sleep(0);
    try {
      for (let attempt = 0; ; attempt++) {
        // Read anew before presenting: another tab may have stored a newer token.
        const held = this.holder.load();
        if (isStopped() || this.isOther(held, refused)) return held;
        const result = await this.present(held, signal);
        if (isStopped() || result === 'done') return this.holder.load();
        const pauseMs = result.retryAfterSeconds ? result.retryAfterSeconds * 1000 : firstPauseMs * 2 ** attempt;
        if (attempt + 1 === maxAttempts || pauseMs > maxPauseMs) throw result;
        // The same token again. That is safe: the service repeats a response that was lost.
        await sleep(pauseMs);
      }
    } finally {
      this.tabs.finish();
    }
  }

  private isOther(held: HeldSession | undefined, refused: HeldSession | undefined): boolean {
    if (this.transport.usesCookies) return held !== undefined && held !== refused;
    return held === undefined || held.accessToken !== refused?.accessToken;
  }

  /** Returns the error if another attempt can help, and throws any other. */
  private async present(held: HeldSession | undefined, cancel: AbortSignal): Promise<'done' | PawlError> {
    const presented = held?.refreshToken;
    try {
      const response = await this.transport.post('/auth/refresh', toBody(presented), cancel);
      if (cancel.aborted) return 'done';
      if (response.ok) return await this.accept(response, presented);
      const error = await readPawlError(response);
      if (endCodes.has(error.code)) {
        // A refusal is about the session that was presented, and a newer token is not refused with an older one.
        const now = this.holder.load();
        if (this.transport.usesCookies ? now === held : now?.refreshToken === presented) this.holder.end();
        return 'done';
      }
      // 429, 5xx, and whatever stands between: a proxy, a captive portal.
      if (response.status === 429 || response.status >= 500 || error.code === 'unexpected_response') return error;
      throw error;
    } catch (error) {
      if (error instanceof PawlError && error.code === 'network_error') return error;
      throw error;
    }
  }

  private async accept(response: Response, presented: string | undefined): Promise<'done' | PawlError> {
    const tokens = (await response
      .clone()
      .json()
      .catch(() => undefined)) as TokenResponse | undefined;
    if (tokens?.session_id === undefined) return readPawlError(response);
    const next = toHeldSession(tokens);
    if (this.transport.usesCookies || supersedes(next, this.holder.load(), presented)) this.holder.replace(next);
    return 'done';
  }
}

/** Without a token the request has no body: the refresh cookie is read instead. */
export function toBody(refreshToken: string | undefined): { refresh_token: string } | undefined {
  return refreshToken === undefined ? undefined : { refresh_token: refreshToken };
}
