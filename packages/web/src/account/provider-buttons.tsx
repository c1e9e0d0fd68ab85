import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { toHref } from '../router.js';
import { Button } from '../ui/button.js';
import { useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';

const verifierKey = 'pawl:provider-verifier';

/** The verifier of the code that came back with the browser, if this tab has sent it to the provider. */
export function takeVerifier(): string | undefined {
  const verifier = sessionStorage.getItem(verifierKey) ?? undefined;
  sessionStorage.removeItem(verifierKey);
  return verifier;
}

/** The providers of this Pawl; undefined until they are loaded. */
export function useProviders() {
  return useLoad(() => unwrap(pawl.api.GET('/auth/providers'))).data?.providers;
}

/** A button for each provider. `connects`: the browser brings back a code that connects the account of a signed-in user. */
export function ProviderButtons({
  providers,
  label,
  path,
  connects = false,
}: {
  providers: ReturnType<typeof useProviders>;
  label: (name: string) => string;
  /** The page to come back to. */
  path: string;
  connects?: boolean;
}) {
  const words = useWords();
  const [error, setError] = useState<unknown>();
  const open = async (id: string) => {
    const returnTo = location.origin + toHref(path);
    const { url, verifier } = await pawl.provider(id, { returnTo, code: connects });
    if (verifier !== undefined) sessionStorage.setItem(verifierKey, verifier);
    location.assign(url);
  };
  return (
    <>
      {error !== undefined && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      {providers?.map(({ id, name }) => (
        <Button key={id} kind="secondary" onClick={() => open(id).catch(setError)}>
          {label(name)}
        </Button>
      ))}
    </>
  );
}
