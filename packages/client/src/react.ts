import type { ReactNode } from 'react';
import { createContext, createElement, useContext, useEffect, useMemo, useState } from 'react';
import type { Pawl } from './pawl.js';
import type { Session, User } from './session.js';

/** Who is signed in, as components see it. */
export type SessionState = { pawl: Pawl } & (
  | { status: 'loading'; session: undefined; user: undefined }
  | { status: 'signed_in'; session: Session; user: User }
  | { status: 'signed_out'; session: null; user: undefined }
  /** The service could not be asked. It is asked again when the browser is online again. */
  | { status: 'unavailable'; session: undefined; user: undefined; error: unknown }
);

const SessionContext = createContext<SessionState | undefined>(undefined);

export interface PawlProviderProps {
  /** Create it once, outside of components. */
  client: Pawl;
  /** What the server rendered with. Without it the first render is `loading`. */
  initialSession?: Session | null | undefined;
  children?: ReactNode;
}

/** Gives the components below it the session. */
export function PawlProvider({ client, initialSession, children }: PawlProviderProps): ReactNode {
  const [session, setSession] = useState(initialSession);
  const [error, setError] = useState<unknown>();

  useEffect(() => {
    let mounted = true;
    const show = (next: Session | null) => {
      if (!mounted) return;
      setSession(next);
      setError(undefined);
    };
    const ask = () => {
      client.session().then(show, (cause: unknown) => mounted && setError(cause));
    };
    const endListening = client.onChange(show);
    ask();
    // React Native has no such events.
    const page = globalThis as Partial<typeof globalThis>;
    page.addEventListener?.('online', ask);
    return () => {
      mounted = false;
      endListening();
      page.removeEventListener?.('online', ask);
    };
  }, [client]);

  const state = useMemo(() => toState(client, session, error), [client, session, error]);
  return createElement(SessionContext.Provider, { value: state }, children);
}

/** Who is signed in. The component renders again when that changes, also in another tab. */
export function useSession(): SessionState {
  const state = useContext(SessionContext);
  if (!state) throw new Error('useSession needs a PawlProvider above it.');
  return state;
}

function toState(pawl: Pawl, session: Session | null | undefined, error: unknown): SessionState {
  if (session) return { pawl, status: 'signed_in', session, user: session.user };
  if (session === null) return { pawl, status: 'signed_out', session, user: undefined };
  if (error !== undefined) return { pawl, status: 'unavailable', session, user: undefined, error };
  return { pawl, status: 'loading', session, user: undefined };
}
