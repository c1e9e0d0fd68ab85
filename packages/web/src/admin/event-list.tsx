import type { paths } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { Paged } from './paged.js';
import { useAdminWords } from './words.js';

export type EventFilter = NonNullable<paths['/admin/audit']['get']['parameters']['query']>;

/** Events of the audit trail. Give another `key` with another filter. */
export function EventList({ filter }: { filter: EventFilter }) {
  const { events: texts } = useAdminWords();
  const { activity } = useWords();
  const { dateTime } = useDates();
  const pageOf = (cursor: string | undefined) =>
    unwrap(pawl.api.GET('/admin/audit', { params: { query: { ...filter, cursor } } }));
  return (
    <Paged load={pageOf}>
      {(pages) => {
        const events = pages.flatMap((page) => page.events);
        if (events.length === 0) return <p class="empty">{texts.empty}</p>;
        return (
          <ul class="rows">
            {events.map((event) => (
              <li key={event.id}>
                <div>
                  <strong>
                    {texts.names[event.event] ?? activity.events[event.event]} <code class="muted">{event.event}</code>
                  </strong>
                  <span class="muted">
                    {[
                      dateTime(event.created_at),
                      event.ip,
                      ...Object.entries(event.details).map(([name, value]) => `${name}: ${value}`),
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </span>
                  {event.subject_user_id !== filter.subject && <Person id={event.subject_user_id} say={texts.to} />}
                  {event.actor_user_id !== event.subject_user_id && <Person id={event.actor_user_id} say={texts.by} />}
                </div>
              </li>
            ))}
          </ul>
        );
      }}
    </Paged>
  );
}

function Person({ id, say }: { id: string | null; say: (id: string) => string }) {
  if (id === null) return null;
  return (
    <span class="person">
      <Link to={`/admin/users/${id}`}>{say(id)}</Link>
    </span>
  );
}
