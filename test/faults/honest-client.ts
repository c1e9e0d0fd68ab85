import type { Answer, CallOptions, Tokens } from '../support/http.js';
import { call, goodPassword, newEmail } from '../support/http.js';
import { until } from '../support/until.js';

/** Sends a request to an instance. Rejects with a TypeError, as `fetch` does, if the connection breaks. */
export type Send = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** Sends to each of the instances in turn. */
export function toInstances(instances: () => readonly { url: string }[]): Send {
  let turn = 0;
  return (method, path, options) => {
    const all = instances();
    return call(all[turn++ % all.length]!, method, path, options);
  };
}

/**
 * A client that does what docs/refresh-tokens.md asks of one, and remembers every answer that it got: the invariants hold
 * the service to all of them. It keeps its tokens in one place, and repeats a request that got no answer or a 503.
 */
export class HonestClient {
  readonly email = newEmail();
  /** What it got for its current session, oldest first. */
  held: Tokens[] = [];
  /** What it held of sessions that it has ended itself. */
  readonly ended: Tokens[][] = [];
  readonly notes: { id: string; title: string }[] = [];
  /** Why the service signed it out, if it did. */
  signedOut: string | undefined;
  /** Why requests had to be repeated: there was no answer, or a 503. */
  readonly attemptsInVain: string[] = [];

  constructor(private send: Send) {}

  static async registered(send: Send): Promise<HonestClient> {
    const client = new HonestClient(send);
    await client.register();
    return client;
  }

  async register(): Promise<void> {
    const { status, body } = await this.ask([201, 409], 'POST', '/auth/register', this.credentials);
    // The answer of a registration that was committed did not arrive.
    if (status === 409) await this.signIn();
    else this.held = [body as Tokens];
  }

  /** From now on, its requests go there. */
  use(send: Send): void {
    this.send = send;
  }

  async signIn(): Promise<void> {
    const { body } = await this.ask([200], 'POST', '/auth/login', this.credentials);
    this.held = [body as Tokens];
  }

  async refresh(): Promise<void> {
    const body = { refresh_token: this.tokens.refresh_token };
    const answer = await this.ask([200, 401], 'POST', '/auth/refresh', { body });
    if (answer.status === 200) this.held.push(answer.body as Tokens);
    else this.signedOut = (answer.body as { code: string }).code;
  }

  async addNote(): Promise<void> {
    const title = `Note ${this.notes.length + 1}`;
    const { access_token: token } = this.tokens;
    const { body } = await this.ask([201], 'POST', '/notes', { token, body: { title } });
    this.notes.push({ id: (body as { id: string }).id, title });
  }

  async signOut(): Promise<void> {
    await this.ask([204], 'POST', '/auth/logout', { body: { refresh_token: this.tokens.refresh_token } });
    this.ended.push(this.held);
    this.held = [];
  }

  /** The newest it holds. */
  get tokens(): Tokens {
    return this.held.at(-1)!;
  }

  private get credentials(): CallOptions {
    return { body: { email: this.email, password: goodPassword } };
  }

  /** Asks until there is an answer other than 503, and throws if it is none of the expected. */
  private async ask(expected: number[], method: string, path: string, options: CallOptions): Promise<Answer> {
    let answer: Answer | undefined;
    await until(async () => {
      answer = await this.send(method, path, options).catch((error: unknown) => {
        if (!(error instanceof TypeError)) throw error; // `fetch` rejects with one if there is no connection, or if it breaks
        this.attemptsInVain.push(`${method} ${path}: ${(error.cause as Error | undefined)?.message ?? error.message}`);
        return undefined;
      });
      if (answer && answer.status !== 503) return true;
      if (answer && !answer.headers.has('retry-after')) throw new Error(`${method} ${path}: 503 without Retry-After`);
      if (answer) this.attemptsInVain.push(`${method} ${path}: 503 ${(answer.body as { code: string }).code}`);
      return false;
    });
    if (expected.includes(answer!.status)) return answer!;
    throw new Error(`${method} ${path}: ${answer!.status} ${JSON.stringify(answer!.body)}`);
  }
}
