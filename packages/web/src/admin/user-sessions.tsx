import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { deviceOf, nameOfDevice } from '../account/device.js';
import { sentenceOf } from '../i18n/errors.js';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Load, useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { useAdminWords } from './words.js';

/** The sessions of a user, each with a button that ends it. */
export function UserSessions({ id, onEnded }: { id: string; onEnded: () => Promise<void> }) {
  const words = useWords();
  const { user: texts } = useAdminWords();
  const { dateTime } = useDates();
  const [error, setError] = useState<unknown>();
  const loaded = useLoad(() => unwrap(pawl.api.GET('/users/{id}/sessions', { params: { path: { id } } })));
  const nameOf = (userAgent: string | null) => {
    const device = deviceOf(userAgent);
    return device ? nameOfDevice(device, words) : texts.unknown;
  };
  const end = (sessionId: string) => {
    setError(undefined);
    const params = { path: { id, session_id: sessionId } };
    return unwrap(pawl.api.DELETE('/users/{id}/sessions/{session_id}', { params })).then(onEnded, setError);
  };
  return (
    <>
      {error !== undefined && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      <Load from={loaded}>
        {({ sessions }) =>
          sessions.length === 0 ? (
            <p class="empty">{texts.noSessions}</p>
          ) : (
            <ul class="rows">
              {sessions.map((session) => (
                <li key={session.id}>
                  <div>
                    <strong title={session.user_agent ?? undefined}>{nameOf(session.user_agent)}</strong>
                    <span class="muted">
                      {[texts.lastUsed(dateTime(session.last_used_at)), session.ip, session.client_name]
                        .filter(Boolean)
                        .join(' · ')}
                    </span>
                  </div>
                  <Button kind="secondary" onClick={() => end(session.id)}>
                    {words.sessions.signOut}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Load>
    </>
  );
}
