import { Injectable } from '@nestjs/common';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';

/** Checks a password that a user chooses, and hashes it. */
@Injectable()
export class NewPasswordHash {
  constructor(
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
  ) {}

  /** Throws `validation_failed` or `password_too_weak`, about the field `path`. */
  async of(
    password: string,
    { email, name }: { email: string; name: string | null },
    { ip, signal }: { ip: string; signal: AbortSignal },
    path = 'password',
  ): Promise<string> {
    await this.newPasswords.check(password, { email, name: name ?? undefined }, path);
    return this.passwords.hash(password, { address: ip, signal });
  }
}
