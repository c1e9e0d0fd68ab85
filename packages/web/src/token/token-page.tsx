import { unwrap } from '@pawl/client';
import { useEffect, useId, useState } from 'preact/hooks';
import { useLanguage } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Section, WideLayout } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import type { Jwk, SignatureVerdict } from './check-signature.js';
import { checkSignature } from './check-signature.js';
import { Claims } from './claims.js';
import type { DecodedToken } from './decode.js';
import { cleaned, decodeToken } from './decode.js';
import { fromNow, isTime } from './time-words.js';
import { tokenWords } from './words.js';

/** Shows what is in a token. The token stays in the memory of this page: no request, no storage, no URL holds it. */
export function TokenPage() {
  const { language } = useLanguage();
  const words = tokenWords[language];
  const id = useId();
  const [text, setText] = useState('');
  const loaded = useLoad(() => unwrap(pawl.api.GET('/.well-known/jwks.json')));
  const token = cleaned(text);
  const decoded = decodeToken(token);
  return (
    <WideLayout title={words.title} opening={words.opening}>
      <section class="card">
        <div class="field">
          <label for={id}>{words.label}</label>
          <textarea
            id={id}
            rows={6}
            spellcheck={false}
            autoComplete="off"
            autoCapitalize="off"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        {text !== '' && (
          <div class="actions">
            <Button kind="secondary" onClick={() => setText('')}>
              {words.clear}
            </Button>
          </div>
        )}
        {token === '' && <p class="empty">{words.empty}</p>}
        {token !== '' && !decoded && (
          <Notice kind="error">{/^pwl[a-z\d]_/.test(token) ? words.opaque : words.notJwt}</Notice>
        )}
        {decoded && <Lifetime claims={decoded.claims} />}
        {decoded && loaded.error !== undefined && <Notice kind="info">{words.keysFailed}</Notice>}
        {decoded && <Load from={loaded}>{({ keys }) => <Signature key={token} token={decoded} keys={keys} />}</Load>}
      </section>
      {decoded && (
        <>
          <Section title={words.header}>
            <Claims of={decoded.header} />
          </Section>
          <Section title={words.claims}>
            <Claims of={decoded.claims} />
          </Section>
        </>
      )}
    </WideLayout>
  );
}

function Signature({ token, keys }: { token: DecodedToken; keys: readonly Jwk[] }) {
  const { verdicts } = tokenWords[useLanguage().language];
  const [verdict, setVerdict] = useState<SignatureVerdict>();
  useEffect(() => {
    let isShown = true;
    const show = (next: SignatureVerdict) => isShown && setVerdict(next);
    checkSignature(token, keys).then(show, () => show('invalid'));
    return () => {
      isShown = false;
    };
  }, []);
  if (verdict === undefined) return null;
  const isUnclear = verdict === 'shared-secret' || verdict === 'unchecked';
  return <Notice kind={verdict === 'valid' ? 'success' : isUnclear ? 'info' : 'error'}>{verdicts[verdict]}</Notice>;
}

function Lifetime({ claims: { exp, nbf } }: { claims: Record<string, unknown> }) {
  const { language } = useLanguage();
  const { times } = tokenWords[language];
  const nowMs = Date.now();
  const said = (seconds: number) => fromNow(seconds, nowMs, language);
  if (isTime(nbf) && nbf * 1000 > nowMs) return <Notice kind="error">{times.early(said(nbf))}</Notice>;
  if (!isTime(exp)) return <Notice kind="info">{times.endless}</Notice>;
  // RFC 7519 section 4.1.4: not accepted on or after this time.
  if (exp * 1000 <= nowMs) return <Notice kind="error">{times.expired(said(exp))}</Notice>;
  return <Notice kind="success">{times.current(said(exp))}</Notice>;
}
