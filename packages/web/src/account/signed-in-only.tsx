import type { Session } from '@pawl/client';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { navigate, usePath } from '../router.js';
import { useSession } from '../session.js';
import { Button } from '../ui/button.js';
import { FrontLayout } from '../ui/layout.js';
import { Loading } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { forgetPlace, rememberPlace } from './place.js';

/** Shows a page to a signed-in user, and leads everybody else to the sign-in. */
export function SignedInOnly({ children }: { children: (session: Session) => ComponentChildren }) {
  const words = useWords();
  const { session, error } = useSession();
  useSignInFirst();
  if (session) return <>{children(session)}</>;
  return (
    <FrontLayout title={error === undefined ? words.common.menu : words.common.unavailable}>
      {error === undefined ? (
        <Loading />
      ) : (
        <>
          <Notice kind="error">{sentenceOf(error, words)}</Notice>
          <Button kind="secondary" onClick={() => location.reload()}>
            {words.common.tryAgain}
          </Button>
        </>
      )}
    </FrontLayout>
  );
}

/** Leads a visitor who is not signed in to the sign-in, and from there back to this page. After a sign-out it does not. */
function useSignInFirst(): void {
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
