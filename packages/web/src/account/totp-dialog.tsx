import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';

export type TotpSetup = components['schemas']['TotpSetup'];

interface TotpDialogProps {
  setup: TotpSetup;
  onClose: () => void;
  onConfirmed: (recoveryCodes: string[]) => void;
}

/** Shows the QR code of a new authenticator app, and turns the app on with its first code. */
export function TotpDialog({ setup, onClose, onConfirmed }: TotpDialogProps) {
  const { security, fields, common } = useWords();
  const confirm = async ({ code = '' }: Record<string, string>) => {
    const body = { code: code.replace(/\s/g, '') };
    const added = await unwrap(pawl.api.POST('/auth/factors/totp/confirm', { body }));
    onConfirmed(added.recovery_codes);
  };
  return (
    <Dialog title={security.addTotp} onClose={onClose}>
      <p class="muted">{security.scan}</p>
      <img class="qr" alt={security.qrLabel} src={`data:image/svg+xml,${encodeURIComponent(setup.qr_svg)}`} />
      <p class="muted">
        {security.secret} <code>{setup.secret.match(/.{1,4}/g)?.join(' ')}</code>
      </p>
      <Form
        submit={security.confirmTotp}
        fieldOf={{ factor_invalid: 'code' }}
        onSubmit={confirm}
        secondary={
          <Button kind="secondary" onClick={onClose}>
            {common.cancel}
          </Button>
        }
      >
        <Field label={fields.code} name="code" autoComplete="one-time-code" inputMode="numeric" autoFocus />
      </Form>
    </Dialog>
  );
}
