import { z } from 'zod';
import { OperatorError } from '../../common/operator-error.js';
import { EmailAddress } from '../../users/email.js';
import type { AdminUserRow } from '../../users/user.schema.js';
import type { UserServices } from './user-services.js';

/** The user with this email address or id. Throws an OperatorError if there is none. */
export async function findUser({ users }: UserServices, name: string): Promise<AdminUserRow> {
  const id = z.guid().safeParse(name);
  const email = EmailAddress.safeParse(name);
  const where = id.success ? { id: id.data.toLowerCase() } : email.success ? { email: email.data } : undefined;
  const user = where && (await users.findForAdmin(where));
  if (!user) throw new OperatorError('There is no such user: "pawl users list" shows those that exist.');
  return user;
}
