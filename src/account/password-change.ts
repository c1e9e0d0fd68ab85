import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { EmailOutbox } from '../emails/email-outbox.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { Revoker } from '../sessions/revoker.js';
import type { Credentials } from '../users/users.service.js';
import { UsersService } from '../users/users.service.js';
import type { ChangePasswordBody } from './account.schema.js';
import type { OwnAct } from './password-proof.js';
import { PasswordProof } from './password-proof.js';

/** A signed-in user chooses another password. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly proof: PasswordProof,
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
    private readonly users: UsersService,
    private readonly revoker: Revoker,
    private readonly outbox: EmailOutbox,
    private readonly audit: AuditLog,
  ) {}

  /** Ends every session but this one. Throws what PasswordProof does, `validation_failed` or `password_too_weak`. */
  async change({ current_password, new_password }: ChangePasswordBody, own: OwnAct): Promise<void> {
    let passwordHash: string | undefined;
    await this.proof.run(current_password, own, async (proven) => {
      passwordHash ??= await this.hash(new_password, proven, own);
      return this.replace(passwordHash, proven, own);
    });
  }

  private async hash(password: string, { email, name }: Credentials, { ip, signal }: OwnAct): Promise<string> {
    await this.newPasswords.check(password, { email, name: name ?? undefined }, 'new_password');
    return this.passwords.hash(password, { address: ip, signal });
  }

  private replace(
    passwordHash: string,
    { id, email, passwordHash: provenHash }: Credentials,
    { user, ip, locale }: OwnAct,
  ): Promise<boolean> {
    return this.revoker.inTransaction(async ({ db, endSessionsOf }) => {
      if (!(await this.users.replacePassword(id, { provenHash, passwordHash }, db))) return false;
      await endSessionsOf(id, 'password_changed', user.sessionId);
      await this.outbox.discardPasswordResets(email, db);
      await this.outbox.enqueueEmail({ template: 'password_changed', recipient: email, userId: id, locale }, db);
      await this.audit.record({ event: 'user.password_changed', actorUserId: id, subjectUserId: id, ip }, db);
      return true;
    });
  }
}
