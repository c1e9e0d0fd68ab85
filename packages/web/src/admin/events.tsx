import { useState } from 'preact/hooks';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { PageHeading } from '../ui/layout.js';
import type { EventFilter } from './event-list.js';
import { EventList } from './event-list.js';
import { useAdminWords } from './words.js';

export function EventsPage() {
  const { events } = useAdminWords();
  const [filter, setFilter] = useState<EventFilter>({});
  const [readings, setReadings] = useState(0);
  const find = async (values: Record<string, string>) => {
    const given = Object.entries(values)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== '')
      // The field holds a time of the browser's zone.
      .map(([name, value]) => [name, name === 'from' || name === 'until' ? new Date(value).toISOString() : value]);
    setFilter(Object.fromEntries(given) as EventFilter);
    setReadings(readings + 1);
  };
  return (
    <>
      <PageHeading title={events.title} opening={events.opening} />
      <section class="card">
        <Form kind="secondary" submit={events.filter} onSubmit={find}>
          <Field label={events.event} name="event" hint={events.eventHint} required={false} />
          <div class="columns">
            <Field label={events.subject} name="subject" required={false} maxLength={36} />
            <Field label={events.actor} name="actor" required={false} maxLength={36} />
          </div>
          <div class="columns">
            <Field label={events.from} name="from" type="datetime-local" required={false} />
            <Field label={events.until} name="until" type="datetime-local" required={false} />
          </div>
        </Form>
      </section>
      <section class="card">
        <EventList key={readings} filter={filter} />
      </section>
    </>
  );
}
