import type { PawlErrorCode } from '@pawl/client';
import { PawlError } from '@pawl/client';
import type { Words } from './en.js';

/** Why something failed, in a sentence. */
export function sentenceOf(error: unknown, { errors }: Words): string {
  if (!(error instanceof PawlError)) return error instanceof TypeError ? errors.network : errors.unknown;
  const { code, retryAfterSeconds = 60 } = error;
  if (code === 'network_error') return errors.network;
  if (code === 'rate_limited') {
    return retryAfterSeconds < 120
      ? errors.waitSeconds(retryAfterSeconds)
      : errors.waitMinutes(Math.ceil(retryAfterSeconds / 60));
  }
  return errors.codes[code] ?? errors.unknown;
}

export function hasCode(error: unknown, code: PawlErrorCode): error is PawlError {
  return error instanceof PawlError && error.code === code;
}
