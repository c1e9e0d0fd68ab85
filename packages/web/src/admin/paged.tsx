import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { Button } from '../ui/button.js';
import { Load, useLoad } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { useAdminWords } from './words.js';

interface PagedProps<Page> {
  /** Must not change: give another `key` with another filter. */
  load: (cursor: string | undefined) => Promise<Page>;
  children: (pages: Page[]) => ComponentChildren;
}

/** A list that is read page by page. */
export function Paged<Page extends { next_cursor: string | null }>({ load, children }: PagedProps<Page>) {
  const loaded = useLoad(() => load(undefined));
  return (
    <Load from={loaded}>
      {(first) => (
        <Pages first={first} load={load}>
          {children}
        </Pages>
      )}
    </Load>
  );
}

function Pages<Page extends { next_cursor: string | null }>({
  first,
  load,
  children,
}: PagedProps<Page> & { first: Page }) {
  const words = useWords();
  const { more } = useAdminWords();
  const [rest, setRest] = useState<Page[]>([]);
  const [error, setError] = useState<unknown>();
  const pages = [first, ...rest];
  const cursor = pages.at(-1)?.next_cursor;
  const next = () => {
    setError(undefined);
    return load(cursor ?? undefined).then((page) => setRest([...rest, page]), setError);
  };
  return (
    <>
      {children(pages)}
      {error !== undefined && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      {cursor && (
        <div class="actions">
          <Button kind="secondary" onClick={next}>
            {more}
          </Button>
        </div>
      )}
    </>
  );
}
