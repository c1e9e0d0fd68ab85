import { networkError, PawlError } from './errors.js';

/** Half of the service's default grace time is 15 s: a request that is older must not be under way any more. */
export const requestTimeoutMs = 10_000;

/** Throws `network_error` once the time is over or `cancel` is aborted, and for every error that is not from Pawl. */
export async function inTime<Result>(
  run: (signal: AbortSignal) => Promise<Result>,
  limitMs: number,
  cancel?: AbortSignal,
): Promise<Result> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, limitMs);
  cancel?.addEventListener('abort', abort);
  try {
    return await run(controller.signal);
  } catch (error) {
    throw error instanceof PawlError && !controller.signal.aborted ? error : networkError(error);
  } finally {
    clearTimeout(timer);
    cancel?.removeEventListener('abort', abort);
  }
}
