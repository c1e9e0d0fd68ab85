import { useState } from 'preact/hooks';
import { sentenceOf } from './i18n/errors.js';
import { useWords } from './i18n/words.js';
import { pawl } from './pawl.js';

/** Signs out here. `failure` says why that did not work: only the service can clear the cookies, so the user is still signed in. */
export function useSignOut(): { signOut: () => Promise<void>; failure: string | undefined } {
  const words = useWords();
  const [error, setError] = useState<unknown>();
  const signOut = () => {
    setError(undefined);
    return pawl.signOut().catch(setError);
  };
  return {
    signOut,
    failure: error === undefined ? undefined : `${words.nav.notSignedOut} ${sentenceOf(error, words)}`,
  };
}
