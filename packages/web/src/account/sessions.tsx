import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { PageHeading } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { deviceOf, nameOfDevice } from './device.js';

export function Sessions() {
  const words = useWords();
  const { sessions: texts } = words;
  const { dateTime } = useDates();
  const loaded = useLoad(() => unwrap(pawl.api.GET('/auth/sessions')));
  const [error, setError] = useState<unknown>();

  const run = (action: () => Promise<unknown>) => {
    setError(undefined);
    return action().then(loaded.reload, setError);
  };
  const end = (id: string) => unwrap(pawl.api.DELETE('/auth/sessions/{id}', { params: { path: { id } } }));
  const nameOf = (userAgent: string | null) => {
    const device = deviceOf(userAgent);
    return device ? nameOfDevice(device, words) : texts.unknown;
  };
  return (
    <>
      <PageHeading title={texts.title} opening={texts.opening} />
      <section class="card">
        {error !== undefined && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
        <Load from={loaded}>
          {({ sessions }) => (
            <ul class="rows">
              {sessions.map(({ id, current, user_agent: userAgent, ip, last_used_at: lastUsedAt }) => (
                <li key={id}>
                  <div>
                    <strong title={userAgent ?? undefined}>
                      {nameOf(userAgent)} {current && <span class="badge good">{texts.current}</span>}
                    </strong>
                    <span class="muted">
                      {texts.lastUsed(dateTime(lastUsedAt))}
                      {ip && ` · ${ip}`}
                    </span>
                  </div>
                  {!current && (
                    <Button kind="secondary" onClick={() => run(() => end(id))}>
                      {texts.signOut}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )}
        </Load>
      </section>
      <section class="card">
        <div class="actions">
          <Button kind="secondary" danger onClick={() => run(() => pawl.signOut({ everywhere: true }))}>
            {texts.everywhere}
          </Button>
          <span class="muted">{texts.everywhereHint}</span>
        </div>
      </section>
    </>
  );
}
