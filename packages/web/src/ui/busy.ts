import { useRef, useState } from 'preact/hooks';

/** Runs one thing at a time: until a promise that it returns is settled, `isBusy` is true and `run` does nothing. */
export function useBusy(): { isBusy: boolean; run: (work: () => unknown) => void } {
  const [isBusy, setIsBusy] = useState(false);
  // Known at once, and not only when what is busy is drawn.
  const isRunning = useRef(false);
  const run = (work: () => unknown) => {
    if (isRunning.current) return;
    const result = work();
    if (!(result instanceof Promise)) return;
    isRunning.current = true;
    setIsBusy(true);
    void result.finally(() => {
      isRunning.current = false;
      setIsBusy(false);
    });
  };
  return { isBusy, run };
}
