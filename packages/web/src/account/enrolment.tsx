import { setEnrolmentRequired } from '../enrolment.js';
import { useWords } from '../i18n/words.js';
import { useSignOut } from '../sign-out.js';
import { Button } from '../ui/button.js';
import { WideLayout } from '../ui/layout.js';
import { Notice } from '../ui/notice.js';
import { Factors } from './factors.js';

/** For users whose role requires a second factor that they do not have: until they add one, nothing else is open to them. */
export function Enrolment() {
  const { enrolment, nav } = useWords();
  const { signOut, failure } = useSignOut();
  return (
    <WideLayout title={enrolment.title} opening={enrolment.opening}>
      <Factors onAdded={() => setEnrolmentRequired(false)} />
      {failure !== undefined && <Notice kind="error">{failure}</Notice>}
      <div class="actions">
        <Button kind="secondary" onClick={signOut}>
          {nav.signOut}
        </Button>
      </div>
    </WideLayout>
  );
}
