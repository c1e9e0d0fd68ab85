import { setEnrolmentRequired } from '../enrolment.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { WideLayout } from '../ui/layout.js';
import { Factors } from './factors.js';

/** For users whose role requires a second factor that they do not have: until they add one, nothing else is open to them. */
export function Enrolment() {
  const { enrolment, nav } = useWords();
  return (
    <WideLayout title={enrolment.title} opening={enrolment.opening}>
      <Factors onAdded={() => setEnrolmentRequired(false)} />
      <div class="actions">
        <Button kind="secondary" onClick={() => void pawl.signOut().catch(() => undefined)}>
          {nav.signOut}
        </Button>
      </div>
    </WideLayout>
  );
}
