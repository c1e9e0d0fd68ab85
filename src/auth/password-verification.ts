import { Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import { PrismaService } from '../database/prisma.service.js';
import type { HashCaller } from '../passwords/hash-queue.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import type { Credentials } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';

/** A right password. */
export interface VerifiedPassword {
  user: Credentials;
  /** The hash under today's parameters, if the stored one is outdated. The start of the session stores it. */
  newPasswordHash: string | undefined;
  /** Another ending of the password would have been accepted too. */
  truncated: boolean;
}

/** Checks the password of a sign-in. */
@Injectable()
export class PasswordVerification {
  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly passwords: PasswordHasher,
  ) {}

  /** Throws `overloaded` if the queue of hashes has no room, before the attempt costs anything. */
  assertRoom(caller: HashCaller): void {
    this.passwords.queue.assertRoom(caller);
  }

  /**
   * Does the same work for an unknown email address as for a wrong password (OWASP ASVS 6.3.8). If it is wrong, returns only
   * the id of the user whose address it is, if any.
   */
  async verify(
    email: string,
    password: string,
    caller: HashCaller,
  ): Promise<VerifiedPassword | { userId: string | undefined }> {
    const user = await this.users.findCredentialsByEmail(email);
    const check = user
      ? await this.passwords.verify(user.passwordHash, password, caller)
      : await this.passwords.verifyUnknown(password, caller);
    if (!user || !check.matches) return { userId: user?.id };
    const newPasswordHash = check.rehash ? await this.rehash(password, caller) : undefined;
    const verified = { user, newPasswordHash, truncated: check.truncated };
    if (!user.secondFactor || newPasswordHash === undefined) return verified;
    // The session starts only after the second factor, and its challenge is bound to the stored hash: so store it now.
    const replacement = { provenHash: user.passwordHash, passwordHash: newPasswordHash };
    if (!(await this.users.replacePassword(user.id, replacement, this.db))) return this.verify(email, password, caller);
    return { ...verified, user: { ...user, passwordHash: newPasswordHash }, newPasswordHash: undefined };
  }

  /** Returns undefined if the queue is full: a right password must not fail because of that. */
  private async rehash(password: string, caller: HashCaller): Promise<string | undefined> {
    try {
      return await this.passwords.hash(password, caller);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'overloaded') return undefined;
      throw error;
    }
  }
}
