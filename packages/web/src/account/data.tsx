import { unwrap } from '@pawl/client';
import { useState } from 'preact/hooks';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { downloadFile } from '../ui/download-file.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { PageHeading, Section } from '../ui/layout.js';
import { Load } from '../ui/load.js';
import { noteDeletion } from './farewell.js';
import { useIdentities } from './identities.js';

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
  const ways = useIdentities();
  const remove = async ({ password }: Record<string, string>) => {
    await unwrap(pawl.api.POST('/auth/me/delete', { body: { ...(password !== undefined && { password }) } }));
    noteDeletion();
    // The session went with the account: this drops what is left of it here.
    await pawl.signOut().catch(() => undefined);
  };
  return (
    <Dialog title={data.deleteTitle} onClose={onClose}>
      <Load from={ways}>
        {({ has_password: hasPassword }) => (
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
              <Field
                label={fields.password}
                name="password"
                type="password"
                autoComplete="current-password"
                autoFocus
              />
            )}
          </Form>
        )}
      </Load>
    </Dialog>
  );
}

async function download(): Promise<void> {
  const everything = await unwrap(pawl.api.GET('/auth/me/export'));
  downloadFile('my-data.json', JSON.stringify(everything, null, 2), 'application/json');
}
