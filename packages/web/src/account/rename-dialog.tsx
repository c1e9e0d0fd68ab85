import { unwrap } from '@pawl/client';
import { useWords } from '../i18n/words.js';
import { pawl } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import type { Factor } from './factors.js';

interface RenameDialogProps {
  factor: Factor;
  onClose: () => void;
  onRenamed: () => void;
}

export function RenameDialog({ factor, onClose, onRenamed }: RenameDialogProps) {
  const { security, fields, profile, common } = useWords();
  const rename = async ({ name = '' }: Record<string, string>) => {
    const params = { path: { id: factor.id } };
    await unwrap(pawl.api.PATCH('/auth/factors/{id}', { params, body: { name: name.trim() } }));
    onRenamed();
  };
  return (
    <Dialog title={security.renameTitle} onClose={onClose}>
      <Form
        submit={profile.submit}
        onSubmit={rename}
        secondary={
          <Button kind="secondary" onClick={onClose}>
            {common.cancel}
          </Button>
        }
      >
        <Field label={fields.name} name="name" defaultValue={factor.name ?? ''} maxLength={100} autoFocus />
      </Form>
    </Dialog>
  );
}
