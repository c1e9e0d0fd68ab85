import { Injectable } from '@nestjs/common';
import type { HashCaller } from './hash-queue.js';
import { NewPasswords } from './new-passwords.js';
import { PasswordHasher } from './password-hasher.js';
import type { PasswordOwner } from './personal-terms.js';

/** Checks a new password, and hashes it. */
@Injectable()
export class NewPasswordHash {
  constructor(
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
  ) {}

  /** Throws `validation_failed` or `password_too_weak`, about the field `path`. */
  async of(password: string, owner: PasswordOwner, caller: HashCaller, path = 'password'): Promise<string> {
    await this.newPasswords.check(password, owner, path);
    return this.passwords.hash(password, caller);
  }
}
