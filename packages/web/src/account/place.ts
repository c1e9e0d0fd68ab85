/** The page that a visitor is sent back to after a sign-in. */
interface Place {
  path: string;
  /** Set if this session is not enough: another sign-in has to follow it. */
  sessionId?: string | undefined;
}

const key = 'pawl:place';

/** Kept for this tab, also on the way to another provider and back. */
export function rememberPlace(path: string, sessionId?: string): void {
  sessionStorage.setItem(key, JSON.stringify({ path, sessionId } satisfies Place));
}

/** The same, if nothing else is remembered. */
export function suggestPlace(path: string): void {
  if (!readPlace()) rememberPlace(path);
}

export function forgetPlace(): void {
  sessionStorage.removeItem(key);
}

/** Where to go after a sign-in: the remembered page, once, or the account. */
export function takePlace(): string {
  const path = readPlace()?.path ?? '/account';
  forgetPlace();
  return path;
}

/** Whether the visitor of this session was sent to sign in again. */
export function mustSignInAgain(sessionId: string): boolean {
  return readPlace()?.sessionId === sessionId;
}

function readPlace(): Place | undefined {
  const text = sessionStorage.getItem(key);
  return text === null ? undefined : (JSON.parse(text) as Place);
}
