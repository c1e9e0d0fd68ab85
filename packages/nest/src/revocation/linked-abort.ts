/**
 * Runs `work` with a signal that aborts when `signal` does, or after `ms`. Not with `AbortSignal.any`: on Node.js 20 the garbage
 * collector may take its result away, and then nothing is ever aborted.
 */
export async function withAbort<Result>(
  signal: AbortSignal,
  work: (controller: AbortController) => Promise<Result>,
  ms?: number,
): Promise<Result> {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  const timer =
    ms === undefined ? undefined : setTimeout(() => controller.abort(new Error(`no response in ${ms} ms`)), ms);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await work(controller);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
