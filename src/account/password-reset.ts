import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Locale } from '../common/locale.js';
import { OneTimeTokens } from '../emails/one-time-tokens.js';
import { SignInAttempts } from '../limits/sign-in-attempts.js';
import { NewPasswordHash } from '../passwords/new-password-hash.js';
import type { ResetPasswordBody } from './password.schema.js';
import { PasswordReplacement } from './password-replacement.js';

/** The links that let their reader choose a password. */
const purposes = ['reset_password', 'invitation'] as const;

/** Replaces a forgotten password with the one-time token of an email (OWASP's forgot password cheat sheet). */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly newHash: NewPasswordHash,
    private readonly replacement: PasswordReplacement,
    private readonly attempts: SignInAttempts,
  ) {}

  /**
   * Ends every session and starts none. Confirms the address, since the link was sent there, and returns it. Throws
   * `one_time_token_invalid`, `validation_failed` or `password_too_weak`; after the last two the link still works.
   */
  async resetPassword(
    { token, password }: ResetPasswordBody,
    { ip, locale, signal }: { ip: string; locale: Locale; signal: AbortSignal },
  ): Promise<string> {
    const found = await this.tokens.find(token, ...purposes);
    if (!found) throw new ApiError('one_time_token_invalid');
    const { email, name } = found;
    const passwordHash = await this.newHash.of(password, { email, name: name ?? undefined }, { address: ip, signal });
    await this.replacement.replace({ token, passwordHash, ip, locale }, purposes);
    // Other people's guesses must not keep the owner out.
    await this.attempts.forget(email);
    return email;
  }
}
