import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { navigate } from '../router.js';
import { Button } from '../ui/button.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Section } from '../ui/layout.js';
import { Notice } from '../ui/notice.js';
import { useAdminWords } from './words.js';

interface UserAccessProps {
  user: components['schemas']['AdminUser'];
  /** Resolves when the change is shown. */
  onChanged: () => Promise<void>;
}

/** Whether and how the user gets in, and everything that takes that away. */
export function UserAccess({ user, onChanged }: UserAccessProps) {
  const words = useWords();
  const { user: texts, users } = useAdminWords();
  const [asks, setAsks] = useState<'delete' | 'reset'>();
  const [error, setError] = useState<unknown>();
  const params = { path: { id: user.id } };

  const run = (action: () => Promise<unknown>) => {
    setError(undefined);
    return action().then(onChanged, setError);
  };
  const setDisabled = (disabled: boolean) => unwrap(pawl.api.PATCH('/users/{id}', { params, body: { disabled } }));
  const signOut = () => unwrap(pawl.api.DELETE('/users/{id}/sessions', { params }));
  const remove = async () => {
    await unwrap(pawl.api.DELETE('/users/{id}', { params }));
    navigate('/admin', { replace: true });
  };
  const resetFactors = async () => {
    await unwrap(pawl.api.DELETE('/users/{id}/factors', { params }));
    setAsks(undefined);
    await onChanged();
  };
  return (
    <Section title={texts.access} opening={texts.disableHint}>
      {error !== undefined && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      <p class="value">
        <Fact isGood={!user.disabled} says={user.disabled ? users.disabled : users.enabled} />
        <Fact
          isGood={user.email_verified}
          says={user.email_verified ? words.profile.confirmed : words.profile.notConfirmed}
        />
        {user.second_factor && <Fact isGood says={texts.hasFactor} />}
      </p>
      <div class="actions">
        <Button kind="secondary" onClick={() => run(() => setDisabled(!user.disabled))}>
          {user.disabled ? texts.enable : texts.disable}
        </Button>
        <Button kind="secondary" onClick={() => run(signOut)}>
          {texts.signOut}
        </Button>
        {user.second_factor && (
          <Button kind="secondary" onClick={() => setAsks('reset')}>
            {texts.resetFactors}
          </Button>
        )}
        <Button kind="secondary" danger onClick={() => setAsks('delete')}>
          {texts.delete}
        </Button>
      </div>
      {asks === 'reset' && (
        <ConfirmDialog
          title={texts.resetFactors}
          opening={texts.resetOpening}
          submit={texts.reset}
          onConfirm={resetFactors}
          onClose={() => setAsks(undefined)}
        />
      )}
      {asks === 'delete' && (
        <ConfirmDialog
          title={texts.delete}
          opening={texts.deleteOpening}
          submit={texts.deleteForever}
          onConfirm={remove}
          onClose={() => setAsks(undefined)}
        />
      )}
    </Section>
  );
}

function Fact({ isGood, says }: { isGood: boolean; says: string }) {
  return <span class={`badge ${isGood ? 'good' : 'warn'}`}>{says}</span>;
}
