import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { CommonPasswords } from './common-passwords.js';
import { newPasswordFault } from './password-policy.js';
import type { PasswordOwner } from './password-strength.js';
import { passwordWeakness } from './password-strength.js';
import { PwnedPasswords } from './pwned-passwords.js';

/** What is wrong with a new password: the code to refuse it with, and the words for its owner. */
export interface PasswordFault {
  code: 'validation_failed' | 'password_too_weak';
  message: string;
}

/** Judges every new password, wherever it comes from: a form, an admin, the settings. */
@Injectable()
export class NewPasswords {
  private readonly pwned: PwnedPasswords | undefined;

  constructor(
    private readonly common: CommonPasswords,
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

  /** Undefined if the password is good. Others are asked only about what Pawl itself has nothing against. */
  async faultOf(password: string, owner: PasswordOwner): Promise<PasswordFault | undefined> {
    const misfit = newPasswordFault(password, this.config.passwords.minLength);
    if (misfit) return { code: 'validation_failed', message: misfit };
    const weakness = passwordWeakness(password, owner, this.common.has);
    if (weakness) return { code: 'password_too_weak', message: weakness };
    if (await this.pwned?.has(password)) {
      return { code: 'password_too_weak', message: 'is known from a data breach' };
    }
    return undefined;
  }
}
