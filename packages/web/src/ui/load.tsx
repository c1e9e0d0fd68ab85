import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { Button } from './button.js';
import { Notice } from './notice.js';

interface Loaded<Data> {
  data: Data | undefined;
  error: unknown;
  /** Resolves when that is known, and never rejects. */
  reload: () => Promise<void>;
}

/** Loads once, and again with `reload`. What was shown before stays until the new data is there. */
export function useLoad<Data>(load: () => Promise<Data>): Loaded<Data> {
  const [state, setState] = useState<{ data?: Data; error?: unknown }>({});
  const reload = useCallback(
    () =>
      load().then(
        (data) => setState({ data }),
        (error: unknown) => setState((before) => ({ ...before, error })),
      ),
    [],
  );
  useEffect(() => void reload(), [reload]);
  return { data: state.data, error: state.error, reload };
}

/** Shows what was loaded, or that it is loading, or why it is not there. */
export function Load<Data>({
  from: { data, error, reload },
  children,
}: {
  from: Loaded<Data>;
  children: (data: Data) => ComponentChildren;
}) {
  const words = useWords();
  if (error !== undefined) {
    return (
      <>
        <Notice kind="error">{sentenceOf(error, words)}</Notice>
        <Button kind="secondary" onClick={reload}>
          {words.common.tryAgain}
        </Button>
      </>
    );
  }
  if (data === undefined) return <Loading />;
  return <>{children(data)}</>;
}

export function Loading() {
  const { common } = useWords();
  return (
    <p class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {common.loading}
    </p>
  );
}
