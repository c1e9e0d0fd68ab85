import { unwrap } from '@pawl/client';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import { FrontLayout } from '../ui/layout.js';

/** Shown if the service signs in confirmed addresses only, and this one is not. */
export function Unconfirmed({ email, onBack }: { email: string; onBack: () => void }) {
  const { signIn, common } = useWords();
  return (
    <FrontLayout title={signIn.resendTitle}>
      <p class="muted">{signIn.unconfirmed(email)}</p>
      <Form
        submit={signIn.resend}
        done={signIn.resent}
        onSubmit={() => unwrap(pawl.api.POST('/auth/email/resend', { body: { email } }))}
        secondary={
          <Button kind="secondary" onClick={onBack}>
            {common.back}
          </Button>
        }
      />
    </FrontLayout>
  );
}
