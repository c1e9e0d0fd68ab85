import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { Section } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { createPasskey } from './create-passkey.js';

type TotpSetup = components['schemas']['TotpSetup'];

/** The authenticator app, the passkeys and the recovery codes of the account. */
export function Factors() {
  const words = useWords();
  const { security } = words;
  const { date } = useDates();
  const loaded = useLoad(() => unwrap(pawl.api.GET('/auth/factors')));
  const [setup, setSetup] = useState<TotpSetup>();
  const [codes, setCodes] = useState<string[]>();
  const [error, setError] = useState<unknown>();

  const run = (action: () => Promise<unknown>) => {
    setError(undefined);
    action().then(loaded.reload, setError);
  };
  const addTotp = async () => setSetup(await unwrap(pawl.api.POST('/auth/factors/totp', { body: {} })));
  const addPasskey = async () => {
    const { challenge, options } = await unwrap(pawl.api.POST('/auth/factors/passkeys/options', { body: {} }));
    const passkey = (await createPasskey(options)) as never;
    const body = { challenge, passkey, name: security.passkeyName };
    const added = await unwrap(pawl.api.POST('/auth/factors/passkeys', { body }));
    if (added.recovery_codes.length > 0) setCodes(added.recovery_codes);
  };
  const remove = (id: string) => unwrap(pawl.api.DELETE('/auth/factors/{id}', { params: { path: { id } } }));
  const newCodes = async () => {
    const { recovery_codes } = await unwrap(pawl.api.POST('/auth/factors/recovery-codes', {}));
    setCodes(recovery_codes);
  };
  const confirmed = (recoveryCodes: string[]) => {
    setSetup(undefined);
    if (recoveryCodes.length > 0) setCodes(recoveryCodes);
    loaded.reload();
  };
  return (
    <Section title={security.factorsTitle} opening={security.factorsOpening}>
      {error !== undefined && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      <Load from={loaded}>
        {({ factors, recovery_codes_left: codesLeft }) => (
          <>
            {factors.length === 0 && <p class="empty">{security.noFactors}</p>}
            <ul class="rows">
              {factors.map(({ id, type, name, created_at: createdAt }) => (
                <li key={id}>
                  <div>
                    <strong>{name ?? security.factor[type]}</strong>
                    <span class="muted">{security.added(date(createdAt))}</span>
                  </div>
                  <Button kind="secondary" onClick={() => run(() => remove(id))}>
                    {security.remove}
                  </Button>
                </li>
              ))}
              {factors.length > 0 && (
                <li>
                  <div>
                    <strong>{security.codesLeft(codesLeft)}</strong>
                  </div>
                  <Button kind="secondary" onClick={() => run(newCodes)}>
                    {security.newCodes}
                  </Button>
                </li>
              )}
            </ul>
          </>
        )}
      </Load>
      <div class="actions">
        <Button kind="secondary" onClick={() => run(addTotp)}>
          {security.addTotp}
        </Button>
        <Button kind="secondary" onClick={() => run(addPasskey)}>
          {security.addPasskey}
        </Button>
      </div>
      {setup && <TotpDialog setup={setup} onClose={() => setSetup(undefined)} onConfirmed={confirmed} />}
      {codes && (
        <Dialog title={security.codesTitle} onClose={() => setCodes(undefined)}>
          <p class="muted">{security.codesOpening}</p>
          <ul class="codes">
            {codes.map((code) => (
              <li key={code}>{code}</li>
            ))}
          </ul>
          <div class="actions">
            <Button onClick={() => setCodes(undefined)}>{security.codesDone}</Button>
          </div>
        </Dialog>
      )}
    </Section>
  );
}

interface TotpDialogProps {
  setup: TotpSetup;
  onClose: () => void;
  onConfirmed: (recoveryCodes: string[]) => void;
}

function TotpDialog({ setup, onClose, onConfirmed }: TotpDialogProps) {
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
