import { useWords } from '../i18n/words.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { Form } from './form.js';

interface ConfirmDialogProps {
  title: string;
  opening: string;
  submit: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ title, opening, submit, onConfirm, onClose }: ConfirmDialogProps) {
  const { common } = useWords();
  return (
    <Dialog title={title} onClose={onClose}>
      <Form
        danger
        submit={submit}
        onSubmit={onConfirm}
        secondary={
          <Button kind="secondary" onClick={onClose}>
            {common.cancel}
          </Button>
        }
      >
        <p class="muted">{opening}</p>
      </Form>
    </Dialog>
  );
}
