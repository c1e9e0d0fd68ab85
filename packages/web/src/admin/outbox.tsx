import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { useDates } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { Button } from '../ui/button.js';
import { Select } from '../ui/field.js';
import { PageHeading } from '../ui/layout.js';
import { Paged } from './paged.js';
import { useAdminWords } from './words.js';

type OutboxEmail = components['schemas']['OutboxEmail'];
type Sent = 'true' | 'false';

const badgeOf = { waiting: 'warn', sending: '', sent: 'good' } as const satisfies Record<OutboxEmail['state'], string>;

export function OutboxPage() {
  const { outbox: texts, status } = useAdminWords();
  const [sent, setSent] = useState<Sent>();
  const [readings, setReadings] = useState(0);
  const pageOf = (cursor: string | undefined) =>
    unwrap(pawl.api.GET('/admin/emails', { params: { query: { sent, cursor } } }));
  const filter = (chosen: string) => {
    setSent((chosen || undefined) as Sent | undefined);
    setReadings(readings + 1);
  };
  return (
    <>
      <PageHeading title={texts.title} opening={texts.opening} />
      <section class="card">
        <div class="toolbar">
          <Select
            label={texts.show}
            name="sent"
            value=""
            options={['', 'false', 'true'].map((value) => [value, texts.filters[value] ?? value] as const)}
            onChange={filter}
          />
          <Button kind="secondary" onClick={() => setReadings(readings + 1)}>
            {status.reload}
          </Button>
        </div>
        <Paged key={readings} load={pageOf}>
          {(pages) => <Emails emails={pages.flatMap((page) => page.emails)} />}
        </Paged>
      </section>
    </>
  );
}

function Emails({ emails }: { emails: OutboxEmail[] }) {
  const { outbox: texts, user } = useAdminWords();
  const { dateTime } = useDates();
  if (emails.length === 0) return <p class="empty">{texts.empty}</p>;
  const timesOf = (email: OutboxEmail) => {
    if (email.sent_at !== null) return texts.sentAt(dateTime(email.sent_at));
    const tries = email.attempts > 0 && texts.attempts(email.attempts);
    const next = email.next_attempt_at !== null && texts.next(dateTime(email.next_attempt_at));
    return [tries, next].filter(Boolean).join(' · ');
  };
  return (
    <ul class="rows">
      {emails.map((email) => (
        <li key={email.id}>
          <div>
            <strong>{email.recipient}</strong>
            <span class="muted">
              <code>{email.template}</code> · {timesOf(email)}
            </span>
            {email.user_id !== null && (
              <span class="person">
                <Link to={`/admin/users/${email.user_id}`}>{user.about}</Link>
              </span>
            )}
          </div>
          <span class={`badge ${badgeOf[email.state]}`}>{texts.states[email.state]}</span>
        </li>
      ))}
    </ul>
  );
}
