import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { PageHeading } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';

type ActivityList = components['schemas']['ActivityList'];

const pageOf = (cursor?: string) => unwrap(pawl.api.GET('/auth/me/activity', { params: { query: { cursor } } }));

export function Activity() {
  const { activity } = useWords();
  const loaded = useLoad(() => pageOf());
  return (
    <>
      <PageHeading title={activity.title} opening={activity.opening} />
      <section class="card">
        <Load from={loaded}>{(first) => <Events first={first} />}</Load>
      </section>
    </>
  );
}

function Events({ first }: { first: ActivityList }) {
  const words = useWords();
  const { activity } = words;
  const { dateTime } = useDates();
  const [pages, setPages] = useState([first]);
  const [error, setError] = useState<unknown>();
  const events = pages.flatMap((page) => page.events);
  const cursor = pages.at(-1)?.next_cursor;
  const more = () => {
    setError(undefined);
    return pageOf(cursor ?? undefined).then((page) => setPages([...pages, page]), setError);
  };
  return (
    <>
      {events.length === 0 && <p class="empty">{activity.empty}</p>}
      <ul class="rows">
        {events.map(({ id, event, created_at: createdAt, by, ip }) => (
          <li key={id}>
            <div>
              <strong>{activity.events[event] ?? event}</strong>
              <span class="muted">
                {dateTime(createdAt)}
                {ip && ` · ${ip}`}
                {by === 'admin' && ` · ${activity.byAdmin}`}
              </span>
            </div>
          </li>
        ))}
      </ul>
      {error !== undefined && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      {cursor && (
        <div class="actions">
          <Button kind="secondary" onClick={more}>
            {activity.more}
          </Button>
        </div>
      )}
    </>
  );
}
