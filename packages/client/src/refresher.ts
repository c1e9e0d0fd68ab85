import { isEnd, isTemporary, networkError, PawlError, readBody } from './errors.js';
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

/** Refreshes once at a time, as docs/refresh-tokens.md asks of a client. */
export interface Refresher {
  /** Returns what is held then: undefined if the session has ended. Throws if the service could not be asked. */
  refresh(refused: HeldSession | undefined): Promise<HeldSession | undefined>;
  /** The session of now is replaced: a response that arrives later is about a session that is not wanted any more. */
  stop(): void;
  /** Refreshes wait for the sign-in or sign-out: theirs must not set the cookies of the session before after its own. */
  during<Result>(flow: Promise<Result>): Promise<Result>;
}

export function createRefresher(transport: Transport, holder: Holder, tabs: Tabs): Refresher {
  const { usesCookies } = transport;
  let running: Promise<HeldSession | undefined> | undefined;
  let cancel = new AbortController();
  /** Resolves when the last sign-in or sign-out has ended. */
  let flows: Promise<unknown> | undefined;

  function refresh(refused: HeldSession | undefined): Promise<HeldSession | undefined> {
    if (running) return running;
    const own = run(refused).finally(() => {
      // After a stop, the next one may be running already.
      if (running === own) running = undefined;
    });
    return (running = own);
  }

  function stop(): void {
    cancel.abort();
    cancel = new AbortController();
    running = undefined;
  }

  async function run(refused: HeldSession | undefined): Promise<HeldSession | undefined> {
    await flows;
    const { signal } = cancel;
    const isStopped = () => signal.aborted;
    // Another tab may have refreshed, and its message or its write may arrive late: look twice before asking the service.
    if (await tabs.claim()) await sleep(0);
    try {
      for (let attempt = 0; ; attempt++) {
        // Read anew before presenting: another tab may have stored a newer token.
        const held = holder.load();
        if (isOther(held, refused)) return held;
        // A sign-in that was refused has stopped this, for example, and the session of before goes on.
        if (isStopped()) return await refresh(refused);
        tabs.lead();
        const result = await present(held, signal);
        if (result === 'done') return holder.load();
        if (isStopped()) continue;
        const pauseMs = result.retryAfterSeconds ? result.retryAfterSeconds * 1000 : firstPauseMs * 2 ** attempt;
        if (attempt + 1 === maxAttempts || pauseMs > maxPauseMs) throw result;
        // The same token again. That is safe: the service repeats a response that was lost.
        await sleep(pauseMs, signal);
      }
    } finally {
      tabs.finish();
    }
  }

  function isOther(held: HeldSession | undefined, refused: HeldSession | undefined): boolean {
    return usesCookies ? held !== refused : held === undefined || held.accessToken !== refused?.accessToken;
  }

  /** Returns the error if another attempt can help, and throws any other. */
  async function present(held: HeldSession | undefined, signal: AbortSignal): Promise<'done' | PawlError> {
    const presented = held?.refreshToken;
    try {
      const response = await transport.post('/auth/refresh', toBody(presented), signal);
      const next = toHeldSession(await readBody<TokenResponse>(response, 'session_id'));
      if (signal.aborted) return networkError(undefined);
      if (usesCookies || supersedes(next, holder.load(), presented)) holder.replace(next);
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      if (signal.aborted || isTemporary(error)) return error;
      if (!isEnd(error)) throw error;
      // A refusal is about the session that was presented, and a newer token is not refused with an older one.
      const now = holder.load();
      if (usesCookies ? now === held : now?.refreshToken === presented) holder.end();
    }
    return 'done';
  }

  return {
    refresh,
    stop,
    during: (flow) => {
      stop();
      flows = Promise.allSettled([flows, flow]).then(() => undefined);
      return flow;
    },
  };
}

/** Without a token the request has no body: the refresh cookie is read instead. */
export function toBody(refreshToken: string | undefined): { refresh_token: string } | undefined {
  return refreshToken === undefined ? undefined : { refresh_token: refreshToken };
}
