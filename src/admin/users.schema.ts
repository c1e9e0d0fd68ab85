import { z } from 'zod';
import type { Page } from '../common/pagination.js';
import { NextCursor, PageQuery } from '../common/pagination.js';
import { Password } from '../passwords/password-policy.js';
import { EmailAddress } from '../users/email.js';
import type { AdminUserRow } from '../users/user.schema.js';
import { AdminUserView, DisplayName, toAdminUserView } from '../users/user.schema.js';

/** The roles are a setting (ROLES), so UserCreation and UserAdministration check them. */
const Role = z.string().max(64).meta({ description: '`user`, `admin` or one of ROLES.', example: 'user' });

export const CreateUser = z
  .strictObject({
    email: EmailAddress,
    password: Password.optional().meta({
      description: 'Without a password the user gets an email with a link to choose one.',
      example: 'correct horse battery staple',
    }),
    name: DisplayName.optional(),
    role: Role.default('user'),
  })
  .meta({ id: 'CreateUser' });
export type CreateUser = z.infer<typeof CreateUser>;

export const UpdateUser = z
  .strictObject({
    role: Role.optional(),
    disabled: z.boolean().optional().meta({ description: 'True also ends every session of the user.', example: false }),
    name: DisplayName.nullable().optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .meta({ id: 'UpdateUser', minProperties: 1 });
export type UpdateUser = z.infer<typeof UpdateUser>;

export const UsersQuery = PageQuery.extend({
  // No example here, because Swagger UI would send it as the filter.
  email: EmailAddress.optional().meta({ description: 'Only the user with this address.', example: undefined }),
  search: z.string().trim().min(1).max(100).optional().meta({
    description:
      'Only users whose address or name contains this text, in upper or lower case. A text of one or two characters must be at the beginning; with a character outside ASCII, a text of one.',
  }),
  role: z.string().max(64).optional().meta({ description: 'Only users with this role.' }),
  disabled: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ description: 'Only users that are disabled, or only those that are not.', enum: ['true', 'false'] }),
});
export type UsersQuery = z.infer<typeof UsersQuery>;

export const UserList = z.object({ users: z.array(AdminUserView), next_cursor: NextCursor }).meta({ id: 'UserList' });
export type UserList = z.infer<typeof UserList>;

export function toUserList({ rows, nextCursor }: Page<AdminUserRow>): UserList {
  return { users: rows.map(toAdminUserView), next_cursor: nextCursor };
}
