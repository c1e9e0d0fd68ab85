import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useWords } from '../i18n/words.js';
import { Button } from '../ui/button.js';
import { FrontLayout } from '../ui/layout.js';
import { isLinked, linkToken } from './link-token.js';

/** What became of the link: a sentence, and whether it can be tried again. */
export interface LinkResult {
  says: string;
  isDone?: boolean;
  /** Shown below, such as the way to another link. */
  next?: ComponentChildren;
}

interface LinkPageProps {
  title: string;
  opening: string;
  submit: string;
  /** Nothing is sent before the button is pressed: programs that scan emails open links too. */
  use: (token: string, password: string) => Promise<LinkResult>;
  children?: ComponentChildren;
}

/** A page that a link from an email leads to. */
export function LinkPage({ title, opening, submit, use, children }: LinkPageProps) {
  const { link } = useWords();
  const [pending, setPending] = useState(false);
  const [result, setResult] = useState<LinkResult>();
  const isOpen = isLinked() && !result?.isDone;

  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const password = new FormData(event.currentTarget as HTMLFormElement).get('password');
    setPending(true);
    setResult(undefined);
    setResult(await use(linkToken ?? '', typeof password === 'string' ? password : ''));
    setPending(false);
  };
  const says = !isLinked() ? link.incomplete : result?.says;
  return (
    <FrontLayout title={title}>
      {isOpen && (
        <form onSubmit={(event) => void send(event)}>
          <p class="muted">{opening}</p>
          {children}
          <div class="actions">
            <Button type="submit" pending={pending}>
              {submit}
            </Button>
          </div>
        </form>
      )}
      <p role="status" class={says ? `notice ${result?.isDone ? 'success' : 'error'}` : undefined}>
        {says}
      </p>
      {result?.next && <p class="aside">{result.next}</p>}
    </FrontLayout>
  );
}
