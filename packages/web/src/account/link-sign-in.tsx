import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Form } from '../ui/form.js';
import { FrontLayout } from '../ui/layout.js';
import { linkToken } from './link-token.js';
import type { SecondFactorStep } from './sign-in.js';

/** Signs in with the link of an email when the button is pressed: programs that scan emails open links too. */
export function LinkSignIn({ onSecondFactor }: { onSecondFactor: (step: SecondFactorStep) => void }) {
  const { signIn } = useWords();
  return (
    <FrontLayout title={signIn.linkTitle}>
      <Form
        submit={signIn.submit}
        onSubmit={async () => {
          const result = await pawl.signIn({ token: linkToken ?? '' });
          if (result.next === 'second_factor') onSecondFactor(result);
        }}
      >
        <p class="muted">{signIn.linkOpening}</p>
      </Form>
    </FrontLayout>
  );
}
