import { useState } from 'preact/hooks';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { FrontLayout } from '../ui/layout.js';
import { Notice } from '../ui/notice.js';
import { suggestPlace } from './place.js';
import type { SecondFactorStep } from './sign-in.js';

/** The second step of a sign-in: a code of the app, a recovery code or a passkey. */
export function SecondFactor({ step, onStartAgain }: { step: SecondFactorStep; onStartAgain: () => void }) {
  const { secondFactor, fields, signIn } = useWords();
  const { challenge, factors, passkeyOptions } = step;
  const [usesRecovery, setUsesRecovery] = useState(!factors.includes('totp'));
  const [failed, setFailed] = useState(false);
  const canSwitch = factors.includes('totp') && factors.includes('recovery_code');
  const hasCodes = factors.includes('totp') || factors.includes('recovery_code');

  const withPasskey = () => {
    setFailed(false);
    return pawl.signIn({ challenge, passkey: true, passkeyOptions }).catch(() => setFailed(true));
  };
  const withRecoveryCode = (code: string) => {
    // It says there how many are left.
    suggestPlace('/account/security');
    return pawl.signIn({ challenge, recoveryCode: code.trim() });
  };
  return (
    <FrontLayout title={secondFactor.title}>
      {failed && <Notice kind="error">{signIn.passkeyFailed}</Notice>}
      {hasCodes && (
        <Form
          key={String(usesRecovery)}
          submit={secondFactor.submit}
          fieldOf={{ factor_invalid: 'code' }}
          onSubmit={({ code = '' }) =>
            usesRecovery ? withRecoveryCode(code) : pawl.signIn({ challenge, code: code.replace(/\s/g, '') })
          }
        >
          <p class="muted">{usesRecovery ? secondFactor.recovery : secondFactor.totp}</p>
          <Field
            label={fields.code}
            name="code"
            autoComplete={usesRecovery ? 'off' : 'one-time-code'}
            inputMode={usesRecovery ? 'text' : 'numeric'}
            autoFocus
          />
        </Form>
      )}
      <div class="stack spaced">
        {factors.includes('passkey') && (
          <Button kind="secondary" onClick={withPasskey}>
            {secondFactor.passkey}
          </Button>
        )}
        {canSwitch && (
          <Button kind="secondary" onClick={() => setUsesRecovery(!usesRecovery)}>
            {usesRecovery ? secondFactor.useTotp : secondFactor.useRecovery}
          </Button>
        )}
        <Button kind="secondary" onClick={onStartAgain}>
          {secondFactor.startAgain}
        </Button>
      </div>
    </FrontLayout>
  );
}
