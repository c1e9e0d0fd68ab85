import type { components } from '@pawl/client';
import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import type { Language } from '../i18n/words.js';
import { languages, useLanguage, useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Field, Select } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { PageHeading, Section } from '../ui/layout.js';
import { Load, useLoad } from '../ui/load.js';
import type { AccountPageProps } from './account.js';
import { useIdentities } from './identities.js';

type Me = components['schemas']['Me'];

export function Profile({ session }: AccountPageProps) {
  const { profile } = useWords();
  const loaded = useLoad(() => unwrap(pawl.api.GET('/auth/me')));
  return (
    <>
      <PageHeading title={profile.title} opening={profile.opening} />
      <section class="card">
        <Load from={loaded}>{(me) => <NameAndLanguage me={me} />}</Load>
      </section>
      <EmailAddress email={session.user.email} isConfirmed={session.user.email_verified} />
    </>
  );
}

function NameAndLanguage({ me }: { me: Me }) {
  const { profile, fields } = useWords();
  const { setLanguage } = useLanguage();
  const save = async ({ name = '', locale = '' }: Record<string, string>) => {
    const body = { name: name.trim() || null, locale: (locale || null) as Language | null };
    await unwrap(pawl.api.PATCH('/auth/me', { body }));
    setLanguage(body.locale ?? undefined);
    await pawl.session({ reload: true });
  };
  return (
    <Form submit={profile.submit} done={profile.done} onSubmit={save}>
      <Field
        label={`${profile.name} (${fields.optional})`}
        name="name"
        defaultValue={me.name ?? ''}
        autoComplete="name"
        required={false}
        maxLength={200}
      />
      <Select
        label={profile.language}
        name="locale"
        hint={profile.languageHint}
        value={me.locale ?? ''}
        options={[['', profile.browserLanguage], ...languages]}
      />
    </Form>
  );
}

function EmailAddress({ email, isConfirmed }: { email: string; isConfirmed: boolean }) {
  const { profile, fields } = useWords();
  const [isChanging, setChanging] = useState(false);
  const ways = useIdentities();
  const change = async ({ email: next = '', password }: Record<string, string>, form: HTMLFormElement) => {
    await unwrap(pawl.api.POST('/auth/email', { body: { email: next, ...(password !== undefined && { password }) } }));
    form.reset();
  };
  return (
    <Section title={profile.emailTitle}>
      <p class="value">
        <span>{email}</span>
        <span class={`badge ${isConfirmed ? 'good' : 'warn'}`}>
          {isConfirmed ? profile.confirmed : profile.notConfirmed}
        </span>
      </p>
      {!isConfirmed && (
        <Form
          kind="secondary"
          submit={profile.resend}
          done={profile.resent}
          onSubmit={() => unwrap(pawl.api.POST('/auth/email/resend', { body: { email } }))}
        />
      )}
      <details open={isChanging} onToggle={(event) => setChanging(event.currentTarget.open)}>
        <summary>{profile.changeEmail}</summary>
        <Load from={ways}>
          {({ has_password: hasPassword }) => (
            <Form
              submit={profile.changeEmailSubmit}
              done={profile.changeEmailDone}
              fieldOf={{ password_incorrect: 'password' }}
              onSubmit={change}
            >
              <Field label={profile.newEmail} name="email" type="email" autoComplete="email" />
              {hasPassword && (
                <Field label={fields.currentPassword} name="password" type="password" autoComplete="current-password" />
              )}
            </Form>
          )}
        </Load>
      </details>
    </Section>
  );
}
