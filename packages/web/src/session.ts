import type { Session } from '@pawl/client';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

interface KnownSession {
  /** Undefined: not known yet. */
  session: Session | null | undefined;
  /** Why it is not known. */
  error: unknown;
}

export const SessionContext = createContext<KnownSession>({ session: undefined, error: undefined });

export function useSession(): KnownSession {
  return useContext(SessionContext);
}
