import type { OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { OperatorError } from '../common/operator-error.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { hasAdmin, lockAdmins } from '../users/admins.js';
import { EmailAddress } from '../users/email.js';
import { UsersService } from '../users/users.service.js';

/** Creates the admin of ADMIN_EMAIL and ADMIN_PASSWORD when the service starts and there is no admin, enabled or disabled. */
@Injectable()
export class FirstAdmin implements OnApplicationBootstrap {
  private readonly logger = new Logger('FirstAdmin');

  constructor(
    private readonly db: PrismaService,
    private readonly users: UsersService,
    private readonly newPasswords: NewPasswords,
    private readonly passwords: PasswordHasher,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { firstAdmin } = this.config;
    if (await hasAdmin(this.db)) {
      if (firstAdmin) await this.noteUnusedSetting(firstAdmin.email);
      return;
    }
    if (!firstAdmin) {
      const advice = 'There is no admin. Set ADMIN_EMAIL and ADMIN_PASSWORD, or run: pawl users role EMAIL admin';
      if (this.config.production) this.logger.warn(advice);
      else this.logger.log(advice);
      return;
    }
    const email = this.checkedEmail(firstAdmin.email);
    const password = await this.checkedPassword(firstAdmin.password, email);
    const passwordHash = await this.passwords.hash(password, { address: 'start' });
    await this.createUnlessAnyExists(email, passwordHash);
  }

  /** ADMIN_EMAIL names the first admin only, and a later change of it looks as if it named another. */
  private async noteUnusedSetting(email: string): Promise<void> {
    const { success, data } = EmailAddress.safeParse(email);
    const user = success ? await this.users.findByEmail(data) : undefined;
    if (user?.role === 'admin') return;
    this.logger.warn(
      'ADMIN_EMAIL has no effect: there is an admin already. To add one, run: pawl users role EMAIL admin',
    );
  }

  /** If several instances start at once, only one creates the admin. */
  private createUnlessAnyExists(email: string, passwordHash: string): Promise<void> {
    return this.db.$transaction(async (tx) => {
      await lockAdmins(tx);
      if (await hasAdmin(tx)) return;
      // The operator's word confirms the address.
      const admin = { email, passwordHash, role: 'admin', emailVerified: true };
      const created = await this.users.createUnlessTaken(admin, tx);
      // The registered user may not own the address.
      if (!created)
        this.logger.warn('There is no admin. ADMIN_EMAIL belongs to a registered user, who was not promoted');
      else await this.audit.record({ event: 'admin.first_created', subjectUserId: created.id }, tx);
    });
  }

  private checkedEmail(text: string): string {
    const { success, data } = EmailAddress.safeParse(text);
    if (!success)
      throw new OperatorError(
        'ADMIN_EMAIL is not an email address. Correct it, or unset it together with ADMIN_PASSWORD.',
      );
    return data;
  }

  private async checkedPassword(password: string, email: string): Promise<string> {
    const fault = await this.newPasswords.faultOf(password, { email });
    if (fault) throw new OperatorError(`ADMIN_PASSWORD ${fault.message}.`);
    return password;
  }
}
