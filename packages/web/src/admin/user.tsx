import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { PageHeading, Section } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import { EventList } from './event-list.js';
import { RoleSelect } from './role-select.js';
import { UserAccess } from './user-access.js';
import { UserSessions } from './user-sessions.js';
import { useAdminWords } from './words.js';

export function UserPage({ id }: { id: string }) {
  const { user: texts } = useAdminWords();
  const loaded = useLoad(() => unwrap(pawl.api.GET('/users/{id}', { params: { path: { id } } })));
  return (
    <>
      <p>
        <Link to="/admin">{texts.back}</Link>
      </p>
      <Load from={loaded}>{(user) => <OneUser user={user} reload={loaded.reload} />}</Load>
    </>
  );
}

function OneUser({ user, reload }: { user: components['schemas']['AdminUser']; reload: () => Promise<void> }) {
  const words = useWords();
  const { user: texts } = useAdminWords();
  const { date } = useDates();
  const [changes, setChanges] = useState(0);

  const changed = () => {
    setChanges((before) => before + 1);
    return reload();
  };
  const save = async ({ name = '', role = '' }: Record<string, string>) => {
    const params = { path: { id: user.id } };
    await unwrap(pawl.api.PATCH('/users/{id}', { params, body: { name: name.trim() || null, role } }));
    await changed();
  };
  return (
    <>
      <PageHeading title={user.name ?? user.email} opening={`${user.email} · ${texts.since(date(user.created_at))}`} />
      <Section title={texts.change}>
        <Form submit={texts.save} done={texts.saved} fieldOf={{ last_admin: 'role' }} onSubmit={save}>
          <Field
            label={`${words.fields.name} (${words.fields.optional})`}
            name="name"
            defaultValue={user.name ?? ''}
            required={false}
            maxLength={200}
          />
          <RoleSelect value={user.role} />
        </Form>
      </Section>
      <UserAccess user={user} onChanged={changed} />
      <Section title={texts.sessions}>
        <UserSessions key={changes} id={user.id} onEnded={changed} />
      </Section>
      <Section title={texts.events}>
        <EventList key={changes} filter={{ subject: user.id }} />
      </Section>
    </>
  );
}
