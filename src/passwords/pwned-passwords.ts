import { hash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { normalisePassword } from './password-policy.js';

/** A sign-up waits no longer for somebody else's service. */
const patienceMs = 1500;

/**
 * Have I Been Pwned's range API (https://haveibeenpwned.com/API/v3#PwnedPasswords): it is told the first 5 of the 40
 * hexadecimal digits of a password's SHA-1, and nothing of whose it is.
 */
export class PwnedPasswords {
  private readonly logger = new Logger('Passwords');

  constructor(private readonly rangeUrl: string) {}

  /** False also if the service cannot be asked: sign-up goes on, and the log says so. */
  async has(password: string): Promise<boolean> {
    const digest = hash('sha1', normalisePassword(password), 'hex').toUpperCase();
    try {
      const response = await fetch(`${this.rangeUrl}/${digest.slice(0, 5)}`, {
        // Padding: the size of the answer must not tell an onlooker which range it was.
        headers: { 'Add-Padding': 'true', 'User-Agent': 'Pawl' },
        signal: AbortSignal.timeout(patienceMs),
      });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      return lists(await response.text(), digest.slice(5));
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.logger.warn(`Have I Been Pwned could not be asked, and a new password went unchecked by it: ${reason}`);
      return false;
    }
  }
}

/** Lines `SUFFIX:COUNT`; a count of 0 is padding. */
function lists(answer: string, suffix: string): boolean {
  return answer.split('\n').some((line) => {
    const [found, count] = line.trim().split(':');
    return found === suffix && Number(count) > 0;
  });
}
