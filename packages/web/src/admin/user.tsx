import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { deviceOf } from '../account/device.js';
import { sentenceOf } from '../i18n/errors.js';
import { useDates, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Link, navigate } from '../router.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { PageHeading, Section } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { EventList } from './event-list.js';
import { useAdminWords } from './words.js';

type AdminUser = components['schemas']['AdminUser'];

export function UserPage({ id }: { id: string }) {
  const { user: texts } = useAdminWords();
  const params = { path: { id } };
  const loaded = useLoad(() => unwrap(pawl.api.GET('/users/{id}', { params })));
  return (
    <>
      <p>
        <Link to="/admin">{texts.back}</Link>
      </p>
      <Load from={loaded}>{(user) => <OneUser user={user} reload={loaded.reload} />}</Load>
    </>
  );
}

function OneUser({ user, reload }: { user: AdminUser; reload: () => void }) {
  const words = useWords();
  const { user: texts, users } = useAdminWords();
  const { date } = useDates();
  const [changes, setChanges] = useState(0);
  const [isDeleting, setDeleting] = useState(false);
  const [error, setError] = useState<unknown>();
  const params = { path: { id: user.id } };

  const changed = () => {
    reload();
    setChanges((before) => before + 1);
  };
  const change = (body: components['schemas']['UpdateUser']) => unwrap(pawl.api.PATCH('/users/{id}', { params, body }));
  const run = (action: () => Promise<unknown>) => {
    setError(undefined);
    action().then(changed, setError);
  };
  const remove = async () => {
    await unwrap(pawl.api.DELETE('/users/{id}', { params }));
    navigate('/admin', { replace: true });
  };
  return (
    <>
      <PageHeading title={user.name ?? user.email} opening={`${user.email} · ${texts.since(date(user.created_at))}`} />
      <Section title={texts.change}>
        <Form
          submit={texts.save}
          done={texts.saved}
          fieldOf={{ last_admin: 'role' }}
          onSubmit={async ({ name = '', role = '' }) => {
            await change({ name: name.trim() || null, role });
            changed();
          }}
        >
          <Field
            label={`${words.fields.name} (${words.fields.optional})`}
            name="name"
            defaultValue={user.name ?? ''}
            required={false}
            maxLength={200}
          />
          <Field label={users.role} name="role" defaultValue={user.role} hint={texts.roleHint} maxLength={64} />
        </Form>
      </Section>
      <Section title={texts.access} opening={texts.disableHint}>
        {error !== undefined && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
        <p class="value">
          {user.disabled && <span class="badge warn">{users.disabled}</span>}
          {!user.email_verified && <span class="badge warn">{users.notConfirmed}</span>}
        </p>
        <div class="actions">
          <Button kind="secondary" onClick={() => run(() => change({ disabled: !user.disabled }))}>
            {user.disabled ? texts.enable : texts.disable}
          </Button>
          <Button
            kind="secondary"
            onClick={() => run(() => unwrap(pawl.api.DELETE('/users/{id}/sessions', { params })))}
          >
            {texts.signOut}
          </Button>
          <Button kind="secondary" danger onClick={() => setDeleting(true)}>
            {texts.delete}
          </Button>
        </div>
      </Section>
      <Section title={texts.sessions}>
        <UserSessions key={changes} id={user.id} />
      </Section>
      <Section title={texts.events}>
        <EventList key={changes} filter={{ subject: user.id }} />
      </Section>
      {isDeleting && (
        <ConfirmDialog
          title={texts.delete}
          opening={texts.deleteOpening}
          submit={texts.deleteForever}
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        />
      )}
    </>
  );
}

function UserSessions({ id }: { id: string }) {
  const { sessions: names } = useWords();
  const { user: texts } = useAdminWords();
  const { dateTime } = useDates();
  const loaded = useLoad(() => unwrap(pawl.api.GET('/users/{id}/sessions', { params: { path: { id } } })));
  const nameOf = (userAgent: string | null) => {
    const device = deviceOf(userAgent);
    if (!device) return texts.unknown;
    return device.system === undefined ? device.browser : names.on(device.browser, device.system);
  };
  return (
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
              </li>
            ))}
          </ul>
        )
      }
    </Load>
  );
}
