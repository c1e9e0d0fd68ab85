import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { passwordLengthFault } from './password-policy.js';
import { PasswordStrength } from './password-strength.js';
import type { PasswordOwner } from './personal-terms.js';
import { PwnedPasswords } from './pwned-passwords.js';

/** What is wrong with a new password: the error code, and a message for its owner. */
export interface PasswordFault {
  code: 'validation_failed' | 'password_too_weak';
  message: string;
}

/** Checks every new password, whether it comes from a form, an admin or the settings. */
@Injectable()
export class NewPasswords {
  private readonly pwned: PwnedPasswords | undefined;

  constructor(
    private readonly strength: PasswordStrength,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const { hibpUrl } = config.passwords;
    this.pwned = hibpUrl === undefined ? undefined : new PwnedPasswords(hibpUrl);
  }

  /** Throws `validation_failed` (its length) or `password_too_weak`, with the reason at `path`. */
  async check(password: string, owner: PasswordOwner, path = 'password'): Promise<void> {
    const fault = await this.faultOf(password, owner);
    if (!fault) return;
    const { code, message } = fault;
    throw new ApiError(code, 'password policy', { fieldErrors: [{ path, message }] });
  }

  /** Returns undefined if the password is good. Have I Been Pwned is asked only about passwords that pass every other check. */
  async faultOf(password: string, owner: PasswordOwner): Promise<PasswordFault | undefined> {
    const lengthFault = passwordLengthFault(password, this.config.passwords.minLength);
    if (lengthFault) return { code: 'validation_failed', message: lengthFault };
    const weakness = this.strength.weaknessOf(password, owner);
    if (weakness) return { code: 'password_too_weak', message: weakness };
    if (await this.pwned?.has(password)) {
      return { code: 'password_too_weak', message: 'is known from a data breach' };
    }
    return undefined;
  }
}
