import type { AuthorizedFetch } from './authorized-fetch.js';
import { asPawlError, readPawlError } from './errors.js';
import type { Session, User } from './session.js';
import type { SessionState } from './session-state.js';
import type { Transport } from './transport.js';

/** Who is signed in, as known here or asked from the service. */
export class KnownSession {
  private asking: Promise<Session | null> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly state: SessionState,
    private readonly authorized: AuthorizedFetch,
  ) {}

  async get(reload: boolean): Promise<Session | null> {
    const { session } = this.state;
    if (session !== undefined && !reload) return session;
    return (this.asking ??= this.askForSession().finally(() => (this.asking = undefined)));
  }

  private async askForSession(): Promise<Session | null> {
    const before = this.state.session;
    if (!this.transport.usesCookies && !before) return null;
    const response = await this.authorized
      .fetch(this.transport.usesCookies ? '/auth/session' : '/auth/me')
      .catch((error: unknown) => {
        throw asPawlError(error);
      });
    const { session } = this.state;
    if (!this.transport.usesCookies) return this.keepUser(response);
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
