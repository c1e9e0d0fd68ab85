import { hash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { normalisePassword } from './password-policy.js';

/** A sign-up waits at most this long for another service. */
const timeoutMs = 1500;

/**
 * Have I Been Pwned's range API (https://haveibeenpwned.com/API/v3#PwnedPasswords). It receives the first 5 of the 40
 * hexadecimal digits of a password's SHA-1, and nothing about its owner.
 */
export class PwnedPasswords {
  private readonly logger = new Logger('Passwords');

  constructor(private readonly rangeUrl: string) {}

  /** Returns false if the service is not available: the sign-up goes on, and the log has a warning. */
  async has(password: string): Promise<boolean> {
    const digest = hash('sha1', normalisePassword(password), 'hex').toUpperCase();
    try {
      const response = await fetch(`${this.rangeUrl}/${digest.slice(0, 5)}`, {
        // Padding, so that the size of the response does not reveal the range to an observer.
        headers: { 'Add-Padding': 'true', 'User-Agent': 'Pawl' },
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) throw new Error(`it responded with ${response.status}`);
      return includesSuffix(await response.text(), digest.slice(5));
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.logger.warn(`Have I Been Pwned could not be asked, and a new password went unchecked by it: ${reason}`);
      return false;
    }
  }
}

/** Reads lines of `SUFFIX:COUNT`. A count of 0 is padding. */
function includesSuffix(range: string, suffix: string): boolean {
  return range.split('\n').some((line) => {
    const [found, count] = line.trim().split(':');
    return found === suffix && Number(count) > 0;
  });
}
