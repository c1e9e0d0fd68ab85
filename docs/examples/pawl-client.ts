/** A client that Pawl never signs out by accident. docs/refresh-tokens.md says why each step is what it is. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
}

/** One for everything that shares a session: all tabs of a browser (localStorage), all processes of a device. */
export interface TokenStorage {
  load(): Tokens | undefined;
  /** Undefined: signed out. */
  save(tokens: Tokens | undefined): void;
}

const maxAttempts = 5;
const timeoutMs = 10_000;

export class PawlClient {
  private refreshing: Promise<Tokens | undefined> | undefined;

  constructor(
    private readonly url: string,
    private readonly storage: TokenStorage,
    private readonly pauseMs = 1000,
  ) {}

  /** As `fetch`, with the access token. A 401 that remains means: ask the user to sign in. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const tokens = this.storage.load();
    const answer = await this.send(path, init, tokens);
    if (answer.status !== 401 || !tokens) return answer;
    // Requests that are refused together share one refresh.
    this.refreshing ??= this.refresh(tokens).finally(() => (this.refreshing = undefined));
    const fresh = await this.refreshing;
    return fresh ? this.send(path, init, fresh) : answer;
  }

  /** Undefined: the session has ended. Throws if the service could not be asked; the user stays signed in then. */
  private async refresh(refused: Tokens): Promise<Tokens | undefined> {
    for (let attempt = 1; ; attempt++) {
      const tokens = this.storage.load(); // 1. Read again before presenting: another tab may have refreshed.
      if (tokens?.access_token !== refused.access_token) return tokens;

      const { status, next, pauseMs = this.pauseMs } = await this.present(tokens.refresh_token);
      if (next || status === 401) {
        // 2. An older response never replaces newer tokens, and never signs out a client that has newer ones.
        if (this.storage.load()?.refresh_token === tokens.refresh_token) this.storage.save(next);
        return this.storage.load();
      }
      if (attempt === maxAttempts) throw new Error(`The refresh was not answered (${status ?? 'network'})`);
      // 3. No answer, or 503: the same token again, after a pause. It is safe however often it is repeated.
      await sleep(pauseMs);
    }
  }

  /** No status: nothing arrived, or not all of it. The service may have refreshed all the same. */
  private async present(refreshToken: string): Promise<{ status?: number; next?: Tokens; pauseMs?: number }> {
    try {
      const answer = await fetch(`${this.url}/auth/refresh`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ refresh_token: refreshToken }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const { status, headers } = answer;
      if (answer.ok) return { status, next: (await answer.json()) as Tokens };
      return { status, pauseMs: 1000 * Number(headers.get('Retry-After')) || undefined };
    } catch {
      return {};
    }
  }

  private send(path: string, init: RequestInit, tokens: Tokens | undefined): Promise<Response> {
    const headers = new Headers(init.headers);
    if (tokens) headers.set('Authorization', `Bearer ${tokens.access_token}`);
    return fetch(this.url + path, { ...init, headers });
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
