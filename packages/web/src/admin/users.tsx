import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link } from '../router.js';
import { Field, Select } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { PageHeading } from '../ui/layout.js';
import { Paged } from './paged.js';
import { RoleSelect } from './role-select.js';
import { useAdminWords } from './words.js';

interface Filter {
  search?: string | undefined;
  role?: string | undefined;
  disabled?: 'true' | 'false' | undefined;
}

export function UsersPage() {
  const { users } = useAdminWords();
  const [filter, setFilter] = useState<Filter>({});
  const [readings, setReadings] = useState(0);
  const find = async ({ search = '', role = '', disabled = '' }: Record<string, string>) => {
    setFilter({
      search: search.trim() || undefined,
      role: role.trim() || undefined,
      disabled: (disabled || undefined) as Filter['disabled'],
    });
    setReadings(readings + 1);
  };
  const pageOf = (cursor: string | undefined) =>
    unwrap(pawl.api.GET('/users', { params: { query: { ...filter, cursor } } }));
  return (
    <>
      <PageHeading title={users.title} opening={users.opening} />
      <section class="card">
        <Form kind="secondary" submit={users.find} onSubmit={find}>
          <Field label={users.search} name="search" required={false} maxLength={100} />
          <div class="columns">
            <RoleSelect value="" any />
            <Select
              label={users.state}
              name="disabled"
              value=""
              options={['', 'false', 'true'].map((state) => [state, users.states[state] ?? state] as const)}
            />
          </div>
        </Form>
      </section>
      <section class="card">
        <Paged key={readings} load={pageOf}>
          {(pages) => <UserRows users={pages.flatMap((page) => page.users)} />}
        </Paged>
      </section>
      <section class="card">
        <CreateUser onCreated={() => setReadings(readings + 1)} />
      </section>
    </>
  );
}

interface UserRow {
  id: string;
  email: string;
  name: string | null;
  role: string;
  disabled: boolean;
  email_verified: boolean;
  last_sign_in_at: string | null;
}

function UserRows({ users: rows }: { users: UserRow[] }) {
  const { users } = useAdminWords();
  const { dateTime } = useDates();
  if (rows.length === 0) return <p class="empty">{users.empty}</p>;
  return (
    <ul class="rows">
      {rows.map((user) => (
        <li key={user.id}>
          <div>
            <strong>
              <Link to={`/admin/users/${user.id}`}>{user.name ?? user.email}</Link>{' '}
              {user.role !== 'user' && <span class="badge">{user.role}</span>}{' '}
              {user.disabled && <span class="badge warn">{users.disabled}</span>}
            </strong>
            <span class="muted">
              {user.name !== null && `${user.email} · `}
              {user.last_sign_in_at === null ? users.never : users.lastSignIn(dateTime(user.last_sign_in_at))}
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}

function CreateUser({ onCreated }: { onCreated: () => void }) {
  const { users } = useAdminWords();
  const { fields } = useWords();
  const create = async ({ email = '', name, password, role }: Record<string, string>, form: HTMLFormElement) => {
    const body = { email, name: name || undefined, password: password || undefined, role: role || 'user' };
    await unwrap(pawl.api.POST('/users', { body }));
    form.reset();
    onCreated();
  };
  return (
    <details>
      <summary>{users.create}</summary>
      <Form
        submit={users.createSubmit}
        done={users.created}
        fieldOf={{ email_taken: 'email', password_too_weak: 'password' }}
        onSubmit={create}
      >
        <Field label={fields.email} name="email" type="email" autoComplete="off" />
        <Field label={`${fields.name} (${fields.optional})`} name="name" required={false} maxLength={200} />
        <RoleSelect value="user" />
        <Field
          label={`${fields.password} (${fields.optional})`}
          name="password"
          type="password"
          autoComplete="new-password"
          required={false}
          hint={users.passwordHint}
        />
      </Form>
    </details>
  );
}
