import { useEffect, useRef } from 'preact/hooks';
import { navigate, usePath } from '../router.js';
import { useSession } from '../session.js';
import { forgetPlace, rememberPlace } from './place.js';

/** Leads a visitor who is not signed in to the sign-in, and from there back to this page. After a sign-out it does not. */
export function useSignInFirst(): void {
  const { session } = useSession();
  const path = usePath();
  const wasSignedIn = useRef(false);
  useEffect(() => {
    if (session) {
      wasSignedIn.current = true;
      forgetPlace();
    } else if (session === null) {
      if (!wasSignedIn.current) rememberPlace(path);
      navigate('/account/sign-in', { replace: true });
    }
  }, [session]);
}
