import { z } from 'zod';
import { Instant } from '../common/instant.js';
import { Locale } from '../common/locale.js';
import { Password } from '../passwords/password-policy.js';
import { EmailAddress } from '../users/email.js';
import { DisplayName, UserView } from '../users/user.schema.js';

/** Its shape is checked where it is looked up: a wrong one is `one_time_token_invalid`, as an old one is. */
const Token = z.string().meta({
  description: 'What follows `#token=` in the link of the mail.',
  example: 'Zb0Ez3cYQ3mqXn4o4m8Zr2dPpT0Yd1sVw6uJk9xLh5A',
});

/** Asks for a mail to an address. */
export const EmailBody = z.strictObject({ email: EmailAddress }).meta({ id: 'EmailOnly' });
export type EmailBody = z.infer<typeof EmailBody>;

export const VerifyEmailBody = z.strictObject({ token: Token }).meta({ id: 'VerifyEmail' });
export type VerifyEmailBody = z.infer<typeof VerifyEmailBody>;

export const ChangeEmailBody = z.strictObject({ email: EmailAddress, password: Password }).meta({ id: 'ChangeEmail' });
export type ChangeEmailBody = z.infer<typeof ChangeEmailBody>;

export const ResetPasswordBody = z.strictObject({ token: Token, password: Password }).meta({ id: 'ResetPassword' });
export type ResetPasswordBody = z.infer<typeof ResetPasswordBody>;

export const ChangePasswordBody = z
  .strictObject({ current_password: Password, new_password: Password })
  .meta({ id: 'ChangePassword' });
export type ChangePasswordBody = z.infer<typeof ChangePasswordBody>;

export const DeleteMeBody = z.strictObject({ password: Password }).meta({ id: 'DeleteMe' });
export type DeleteMeBody = z.infer<typeof DeleteMeBody>;

export const UpdateMeBody = z
  .strictObject({
    name: DisplayName.nullable().optional(),
    locale: Locale.nullable()
      .optional()
      .meta({ description: 'The language of mails; null: that of the browser.', example: 'ko' }),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .meta({ id: 'UpdateMe', minProperties: 1 });
export type UpdateMeBody = z.infer<typeof UpdateMeBody>;

/** The user in the export: also what the API does not show otherwise. */
export const ExportedUser = UserView.extend({
  disabled: z.boolean().meta({ example: false }),
  last_sign_in_at: Instant.nullable(),
  locale: z.string().nullable().meta({ description: 'The language chosen for mails.', example: 'ko' }),
}).meta({ id: 'ExportedUser' });

const Rows = z.array(z.record(z.string(), z.unknown())).meta({ example: [] });

/** All that is kept about a user; auth/personal-data-export.ts writes it piece by piece. */
export const ExportedData = z
  .object({
    exported_at: Instant,
    user: ExportedUser,
    sessions: Rows.meta({ description: 'Also those that have ended, until they are cleaned up.' }),
    activity: Rows.meta({ description: 'As GET /auth/me/activity.' }),
    links: Rows.meta({ description: 'Links in mails that still work; never the links themselves.' }),
    mails: Rows.meta({ description: 'Mails that wait, or were sent within the last hour.' }),
    notes: Rows.meta({ description: 'As GET /notes.' }),
  })
  .meta({ id: 'PersonalDataExport' });
