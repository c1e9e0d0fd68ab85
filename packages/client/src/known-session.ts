import type { AuthorizedFetch } from './authorized-fetch.js';
import { readBody } from './errors.js';
import { inTime } from './in-time.js';
import type { Session, User } from './session.js';
import type { SessionState } from './session-state.js';

/** A refresh before it and one repetition of that fit in. */
const timeoutMs = 30_000;

/** Returns a function that resolves to who is signed in, as known here or asked from the service. */
export function createKnownSession(
  usesCookies: boolean,
  state: SessionState,
  fetch: AuthorizedFetch,
): (reload: boolean) => Promise<Session | null> {
  let asking: Promise<Session | null> | undefined;

  const ask = async (signal: AbortSignal) => {
    const before = state.session;
    if (!usesCookies && !before) return null;
    const response = await fetch(usesCookies ? '/auth/session' : '/auth/me', { signal });
    if (!state.session && !usesCookies) return null; // the session has ended
    if (usesCookies) {
      const { user, session_id: id } = await readBody<{ user: User | null; session_id?: string }>(response, 'user');
      // A sign-in or sign-out meanwhile knows better.
      if (state.session === before) state.know(user && id !== undefined ? { id, user } : null);
    } else {
      const user = await readBody<User>(response, 'id');
      const held = state.load();
      if (user.id === held?.session.user.id) state.replace({ ...held, session: { ...held.session, user } });
    }
    return state.session ?? null;
  };

  return async (reload) => {
    const { session } = state;
    if (session !== undefined && !reload) return session;
    return (asking ??= inTime(ask, timeoutMs).finally(() => (asking = undefined)));
  };
}
