import { unwrap } from '@pawl/client';
import { useDates } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { Button } from '../ui/button.js';
import { PageHeading, Section } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import { useAdminWords } from './words.js';

const checkNames = ['service', 'database', 'revocation_feed', 'limits'] as const;

export function StatusPage() {
  const { status: texts } = useAdminWords();
  const { dateTime } = useDates();
  const loaded = useLoad(() => unwrap(pawl.api.GET('/admin/status')));
  return (
    <>
      <PageHeading title={texts.title} opening={texts.opening} />
      <Load from={loaded}>
        {({ checks, mail, signing_keys: keys }) => (
          <>
            <Section title={texts.health}>
              <ul class="rows">
                {checkNames.map((name) => (
                  <li key={name}>
                    <span>{texts.checks[name]}</span>
                    <span class={`badge ${checks[name] === 'up' ? 'good' : 'warn'}`}>{texts.values[checks[name]]}</span>
                  </li>
                ))}
              </ul>
            </Section>
            <Section title={texts.mail}>
              <ul class="rows">
                <li>
                  <span>{texts.waiting}</span>
                  <strong>{mail.waiting}</strong>
                </li>
                <li>
                  <span>{texts.due}</span>
                  <strong>{mail.due}</strong>
                </li>
              </ul>
              {mail.waiting > 0 && <p class="muted">{texts.oldest(Math.ceil(mail.oldest_seconds / 60))}</p>}
              <p>
                <Link to="/admin/outbox">{texts.toOutbox}</Link>
              </p>
            </Section>
            <Section title={texts.keys}>
              <ul class="rows">
                {keys.map((key) => (
                  <li key={key.kid}>
                    <div>
                      <strong>
                        <code>{key.kid}</code>
                      </strong>
                      <span class="muted">
                        {key.algorithm} · {texts.signsFrom(dateTime(key.signs_from))}
                        {key.verifies_until !== null && ` · ${texts.verifiesUntil(dateTime(key.verifies_until))}`}
                      </span>
                    </div>
                    <span class={`badge ${key.state === 'current' ? 'good' : key.state === 'revoked' ? 'warn' : ''}`}>
                      {texts.states[key.state]}
                    </span>
                  </li>
                ))}
              </ul>
            </Section>
          </>
        )}
      </Load>
      <div class="actions">
        <Button kind="secondary" onClick={loaded.reload}>
          {texts.reload}
        </Button>
      </div>
    </>
  );
}
