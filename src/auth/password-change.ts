import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../common/errors.js';
import { Outbox } from '../mail/outbox.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { Revoker } from '../sessions/revoker.js';
import type { ChangePasswordBody } from './account.schema.js';
import { PasswordProof } from './password-proof.js';
import type { OwnAct } from './password-proof.js';

/** A signed-in user chooses another password. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly proof: PasswordProof,
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
    private readonly revoker: Revoker,
    private readonly outbox: Outbox,
    private readonly audit: AuditLog,
  ) {}

  /** Ends every session but this one. Throws what PasswordProof does, `validation_failed` or `password_too_weak`. */
  async change({ current_password, new_password }: ChangePasswordBody, act: OwnAct): Promise<void> {
    const { id, email, name, passwordHash: provenHash } = await this.proof.require(current_password, act);
    await this.newPasswords.check(new_password, { email, name: name ?? undefined }, 'new_password');
    const { ip, signal, locale, user } = act;
    const passwordHash = await this.passwords.hash(new_password, { address: ip, signal });
    await this.revoker.inTransaction(async ({ db, endSessionsOf }) => {
      const { count } = await db.user.updateMany({ where: { id, passwordHash: provenHash }, data: { passwordHash } });
      if (count === 0) throw new ApiError('password_incorrect', 'changed meanwhile');
      await endSessionsOf(id, 'password_changed', user.sessionId);
      await this.outbox.add({ letter: 'password_changed', recipient: email, userId: id, locale }, db);
      await this.audit.record({ event: 'user.password_changed', actorUserId: id, subjectUserId: id, ip }, db);
    });
  }
}
