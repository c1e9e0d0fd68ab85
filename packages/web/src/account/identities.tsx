import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useEffect, useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Section } from '../ui/layout.js';
import { useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { ProviderButtons, takeVerifier, useProviders } from './provider-buttons.js';
import { takeProviderReturn } from './provider-return.js';

type IdentityList = components['schemas']['IdentityList'];

/** The accounts at other services, and whether there is a password. */
export function useIdentities() {
  return useLoad(() => unwrap(pawl.api.GET('/auth/identities')));
}

/** The accounts at other services with which the user signs in. */
export function Identities({ list: { identities }, reload }: { list: IdentityList; reload: () => Promise<void> }) {
  const words = useWords();
  const { security, errors } = words;
  const { date } = useDates();
  const [failure, setFailure] = useState<string>();
  const [leaving, setLeaving] = useState<IdentityList['identities'][number]>();
  const providers = useProviders();

  useEffect(() => {
    const { error, code } = takeProviderReturn();
    const verifier = takeVerifier();
    if (error !== undefined) setFailure(errors.codes[error] ?? errors.unknown);
    else if (code !== undefined && verifier !== undefined) {
      unwrap(pawl.api.POST('/auth/identities', { body: { code, verifier } })).then(reload, (cause: unknown) =>
        setFailure(sentenceOf(cause, words)),
      );
    }
  }, []);
  // Without a provider, nobody needs to read about them.
  if (identities.length === 0 && !providers?.length && failure === undefined) return null;

  const disconnect = async (id: string) => {
    await unwrap(pawl.api.DELETE('/auth/identities/{id}', { params: { path: { id } } }));
    setLeaving(undefined);
    void reload();
  };
  return (
    <Section title={security.identitiesTitle} opening={security.identitiesOpening}>
      {failure !== undefined && <Notice kind="error">{failure}</Notice>}
      <ul class="rows">
        {identities.map((identity) => (
          <li key={identity.id}>
            <div>
              <strong>{identity.provider_name}</strong>
              <span class="muted">
                {[identity.email, security.added(date(identity.created_at))].filter(Boolean).join(' · ')}
              </span>
            </div>
            <Button kind="secondary" onClick={() => setLeaving(identity)}>
              {security.disconnect}
            </Button>
          </li>
        ))}
      </ul>
      <div class="actions">
        <ProviderButtons providers={providers} label={security.connect} path="/account/security" connects />
      </div>
      {leaving && (
        <ConfirmDialog
          title={security.disconnectTitle(leaving.provider_name)}
          opening={security.disconnectOpening}
          submit={security.disconnect}
          onConfirm={() => disconnect(leaving.id)}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </Section>
  );
}
