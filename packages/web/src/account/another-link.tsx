import type { ComponentChildren } from 'preact';
import { useWords } from '../i18n/words.js';
import { useSession } from '../session.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';

interface AnotherLinkProps {
  /** Shown once the email is on its way. */
  done: string;
  send: (email: string) => Promise<unknown>;
  children?: ComponentChildren;
}

/** Asks for another email with a link, below a link that no longer works: for a signed-in user without a question. */
export function AnotherLink({ done, send, children }: AnotherLinkProps) {
  const { link, fields } = useWords();
  const { session } = useSession();
  return (
    <>
      <Form
        key={session?.id}
        submit={link.another}
        done={done}
        onSubmit={({ email = '' }) => send(session?.user.email ?? email)}
      >
        {session ? (
          <p class="muted">{link.anotherTo(session.user.email)}</p>
        ) : (
          <Field label={fields.email} name="email" type="email" autoComplete="username" />
        )}
      </Form>
      {children}
    </>
  );
}
