import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { PageHeading, Section } from '../ui/layout.js';
import { useHasPassword } from './identities.js';

export function Data() {
  const { data } = useWords();
  const [isDeleting, setDeleting] = useState(false);
  return (
    <>
      <PageHeading title={data.title} opening={data.opening} />
      <Section title={data.downloadTitle} opening={data.downloadOpening}>
        <Form kind="secondary" submit={data.download} onSubmit={download} />
      </Section>
      <Section title={data.deleteTitle} opening={data.deleteOpening}>
        <div class="actions">
          <Button kind="secondary" danger onClick={() => setDeleting(true)}>
            {data.delete}
          </Button>
        </div>
      </Section>
      {isDeleting && <DeleteDialog onClose={() => setDeleting(false)} />}
    </>
  );
}

function DeleteDialog({ onClose }: { onClose: () => void }) {
  const { data, fields, common } = useWords();
  const hasPassword = useHasPassword() ?? true;
  const remove = async ({ password }: Record<string, string>) => {
    await unwrap(pawl.api.POST('/auth/me/delete', { body: { ...(password !== undefined && { password }) } }));
    // The session went with the account: this drops what is left of it here.
    await pawl.signOut().catch(() => undefined);
  };
  return (
    <Dialog title={data.deleteTitle} onClose={onClose}>
      <Form
        danger
        submit={data.deleteForever}
        fieldOf={{ password_incorrect: 'password' }}
        onSubmit={remove}
        secondary={
          <Button kind="secondary" onClick={onClose}>
            {common.cancel}
          </Button>
        }
      >
        <p class="muted">{data.deleteOpening}</p>
        {hasPassword && (
          <Field label={fields.password} name="password" type="password" autoComplete="current-password" autoFocus />
        )}
      </Form>
    </Dialog>
  );
}

async function download(): Promise<void> {
  const everything = await unwrap(pawl.api.GET('/auth/me/export'));
  const file = new Blob([JSON.stringify(everything, null, 2)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = 'my-data.json';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
