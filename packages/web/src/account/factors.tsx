import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Section } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { addPasskey, isNotCreated } from './create-passkey.js';
import { FactorRows } from './factor-rows.js';
import { RecoveryCodesDialog } from './recovery-codes-dialog.js';
import { RenameDialog } from './rename-dialog.js';
import type { TotpSetup } from './totp-dialog.js';
import { TotpDialog } from './totp-dialog.js';

export type Factor = components['schemas']['Factor'];

/** The authenticator app, the passkeys and the recovery codes of the account. `onAdded`: a factor was added. */
export function Factors({ onAdded }: { onAdded?: () => void }) {
  const words = useWords();
  const { security } = words;
  const loaded = useLoad(() => unwrap(pawl.api.GET('/auth/factors')));
  const [setup, setSetup] = useState<TotpSetup>();
  const [codes, setCodes] = useState<string[]>();
  const [renaming, setRenaming] = useState<Factor>();
  const [removing, setRemoving] = useState<Factor>();
  const [error, setError] = useState<unknown>();

  const run = (action: () => Promise<unknown>) => {
    setError(undefined);
    return action().then(loaded.reload, setError);
  };
  /** With the first factor there are recovery codes. */
  const added = (recoveryCodes: string[]) => {
    setSetup(undefined);
    void loaded.reload();
    if (recoveryCodes.length > 0) setCodes(recoveryCodes);
    else onAdded?.();
  };
  const storedCodes = () => {
    setCodes(undefined);
    onAdded?.();
  };
  const beginTotp = async () => setSetup(await unwrap(pawl.api.POST('/auth/factors/totp', { body: {} })));
  const newCodes = async () => {
    const { recovery_codes } = await unwrap(pawl.api.POST('/auth/factors/recovery-codes', {}));
    setCodes(recovery_codes);
  };
  const remove = async (id: string) => {
    await unwrap(pawl.api.DELETE('/auth/factors/{id}', { params: { path: { id } } }));
    setRemoving(undefined);
    void loaded.reload();
  };
  const hasApp = loaded.data?.factors.some(({ type }) => type === 'totp');
  return (
    <Section title={security.factorsTitle} opening={security.factorsOpening}>
      {error !== undefined && (
        <Notice kind="error">{isNotCreated(error) ? security.passkeyNotCreated : sentenceOf(error, words)}</Notice>
      )}
      <Load from={loaded}>
        {(list) => (
          <FactorRows list={list} onRename={setRenaming} onRemove={setRemoving} onNewCodes={() => run(newCodes)} />
        )}
      </Load>
      <div class="actions">
        <Button kind="secondary" onClick={() => run(beginTotp)}>
          {hasApp ? security.replaceTotp : security.addTotp}
        </Button>
        <Button kind="secondary" onClick={() => run(async () => added(await addPasskey(words)))}>
          {security.addPasskey}
        </Button>
      </div>
      {setup && <TotpDialog setup={setup} onClose={() => setSetup(undefined)} onConfirmed={added} />}
      {codes && <RecoveryCodesDialog codes={codes} onClose={storedCodes} />}
      {renaming && (
        <RenameDialog
          factor={renaming}
          onClose={() => setRenaming(undefined)}
          onRenamed={() => {
            setRenaming(undefined);
            void loaded.reload();
          }}
        />
      )}
      {removing && (
        <ConfirmDialog
          title={security.removeTitle(removing.name ?? security.factor[removing.type])}
          opening={loaded.data?.factors.length === 1 ? security.removeLast : security.removeOpening}
          submit={security.remove}
          onConfirm={() => remove(removing.id)}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </Section>
  );
}
