import { FactorReset } from '../../admin/factor-reset.js';
import { UserAdministration } from '../../admin/user-administration.js';
import { UserCreation } from '../../admin/user-creation.js';
import { Clock } from '../../common/clock.js';
import type { Config } from '../../config/config.js';
import { PeriodicJobs } from '../../database/periodic-job.js';
import type { PrismaService } from '../../database/prisma.service.js';
import { EmailOutbox } from '../../emails/email-outbox.js';
import { OneTimeTokens } from '../../emails/one-time-tokens.js';
import { SignInCodes } from '../../emails/sign-in-codes.js';
import { FactorTransfer } from '../../factors/factor-transfer.js';
import { RecoveryCodes } from '../../factors/recovery-codes.js';
import { SecondFactors } from '../../factors/second-factors.js';
import { MailOutbox } from '../../mail/mail-outbox.js';
import { CommonPasswords } from '../../passwords/common-passwords.js';
import { NewPasswordHash } from '../../passwords/new-password-hash.js';
import { NewPasswords } from '../../passwords/new-passwords.js';
import { PasswordHasher } from '../../passwords/password-hasher.js';
import { PasswordStrength } from '../../passwords/password-strength.js';
import { KeyRing } from '../../secrets/key-ring.js';
import { SessionLimits } from '../../sessions/session-limits.js';
import { UserRemoval } from '../../sessions/user-removal.js';
import { UsersService } from '../../users/users.service.js';
import { createAuditLog, createRevoker } from '../services.js';

export type UserServices = ReturnType<typeof services>;

/** What the commands about users need of the service, on a database of one connection. */
export function services(db: PrismaService, config: Config) {
  const clock = new Clock();
  const audit = createAuditLog(db, clock);
  const keyRing = new KeyRing(config.authSecrets);
  const users = new UsersService(db, clock);
  const outbox = new EmailOutbox(new MailOutbox(db, clock, config));
  const factors = new SecondFactors(db);
  const revoker = () => createRevoker(db, clock, audit);
  const newHash = async () => {
    const common = await CommonPasswords.load(config.passwords.listFile);
    const newPasswords = new NewPasswords(new PasswordStrength(common), config);
    return new NewPasswordHash(newPasswords, await PasswordHasher.create(config.passwords));
  };
  return {
    db,
    config,
    clock,
    audit,
    users,
    outbox,
    revoker,
    newHash,
    factors,
    factorTransfer: new FactorTransfer(clock, keyRing),
    recoveryCodes: new RecoveryCodes(db, clock),
    factorReset: () => new FactorReset(users, factors, revoker(), outbox, audit),
    /** Their clean-up is a job of the service. Here it never starts. */
    oneTimeTokens: () => new OneTimeTokens(db, clock, new SignInCodes(db, clock, keyRing), new PeriodicJobs(db)),
    administration: () => {
      const limits = new SessionLimits(db, clock, revoker(), config);
      const removal = new UserRemoval(revoker(), limits, users, outbox, audit);
      return new UserAdministration(users, revoker(), removal, audit, config);
    },
    creation: async () => new UserCreation(db, users, await newHash(), outbox, audit, config),
  };
}
