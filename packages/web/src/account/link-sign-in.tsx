import { useState } from 'preact/hooks';
import { hasCode } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import { FrontLayout } from '../ui/layout.js';
import { Loading } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { useEmailLink } from './link-page.js';
import { linkToken } from './link-token.js';
import type { SecondFactorStep } from './sign-in.js';

interface LinkSignInProps {
  onSecondFactor: (step: SecondFactorStep) => void;
  /** Leads to the other ways to sign in, another link among them. */
  onLeave: () => void;
}

/**
 * Signs in with the link of an email when the button is pressed: programs that scan emails open links too. Names the account,
 * because the link may be another person's, who wants the visitor to work in that account.
 */
export function LinkSignIn({ onSecondFactor, onLeave }: LinkSignInProps) {
  const { signIn, link } = useWords();
  const known = useEmailLink();
  const [isVoid, setVoid] = useState(false);
  const complete = async () => {
    try {
      const result = await pawl.signIn({ token: linkToken ?? '' });
      if (result.next === 'second_factor') onSecondFactor(result);
    } catch (error) {
      if (!hasCode(error, 'one_time_token_invalid')) throw error;
      setVoid(true);
    }
  };
  const leave = (
    <Button kind="secondary" onClick={onLeave}>
      {signIn.another}
    </Button>
  );
  return (
    <FrontLayout title={signIn.linkTitle}>
      {known === undefined ? (
        <Loading />
      ) : known === 'void' || isVoid ? (
        <>
          <Notice kind="error">{link.expired}</Notice>
          <div class="actions">{leave}</div>
        </>
      ) : (
        <>
          {known && <p class="account">{known.email}</p>}
          <Form submit={signIn.submit} onSubmit={complete} secondary={leave}>
            <p class="muted">{signIn.linkOpening}</p>
          </Form>
        </>
      )}
    </FrontLayout>
  );
}
