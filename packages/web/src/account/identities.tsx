import { unwrap } from '@pawl/client';
import { useEffect, useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Section } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { ProviderButtons, takeVerifier, useProviders } from './provider-buttons.js';
import { takeProviderReturn } from './provider-return.js';

/** Whether the user has a password. Undefined: not known yet. */
export function useHasPassword(): boolean | undefined {
  return useLoad(() => unwrap(pawl.api.GET('/auth/identities'))).data?.has_password;
}

/** The accounts at other services with which the user signs in. */
export function Identities() {
  const words = useWords();
  const { security, errors } = words;
  const { date } = useDates();
  const loaded = useLoad(() => unwrap(pawl.api.GET('/auth/identities')));
  const [failure, setFailure] = useState<string>();

  const run = (action: () => Promise<unknown>) => {
    setFailure(undefined);
    action().then(loaded.reload, (error: unknown) => setFailure(sentenceOf(error, words)));
  };
  useEffect(() => {
    const { error, code } = takeProviderReturn();
    const verifier = takeVerifier();
    if (error !== undefined) setFailure(errors.codes[error] ?? errors.unknown);
    else if (code !== undefined && verifier !== undefined) {
      run(() => unwrap(pawl.api.POST('/auth/identities', { body: { code, verifier } })));
    }
  }, []);
  const providers = useProviders();
  const hasContent = loaded.data?.identities.length || providers?.length;
  // Without a provider, nobody needs to read about them.
  if (!hasContent && failure === undefined && loaded.error === undefined) return null;

  const remove = (id: string) => unwrap(pawl.api.DELETE('/auth/identities/{id}', { params: { path: { id } } }));
  return (
    <Section title={security.identitiesTitle} opening={security.identitiesOpening}>
      {failure !== undefined && <Notice kind="error">{failure}</Notice>}
      <Load from={loaded}>
        {({ identities }) => (
          <ul class="rows">
            {identities.map(({ id, provider_name: name, email, created_at: createdAt }) => (
              <li key={id}>
                <div>
                  <strong>{name}</strong>
                  <span class="muted">
                    {email} {security.added(date(createdAt))}
                  </span>
                </div>
                <Button kind="secondary" onClick={() => run(() => remove(id))}>
                  {security.disconnect}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Load>
      <div class="actions">
        <ProviderButtons providers={providers} label={security.connect} path="/account/security" connects />
      </div>
    </Section>
  );
}
