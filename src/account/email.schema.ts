import { z } from 'zod';
import { ConfirmingPassword, Password } from '../passwords/password-policy.js';
import { EmailAddress } from '../users/email.js';
import { OneTimeTokenText } from './one-time-token.schema.js';

/** Asks for an email to an address. */
export const EmailBody = z.strictObject({ email: EmailAddress }).meta({ id: 'EmailOnly' });
export type EmailBody = z.infer<typeof EmailBody>;

export const VerifyEmailBody = z
  .strictObject({
    token: OneTimeTokenText,
    password: Password.optional().meta({
      description:
        'The password of the account, as a proof that it is yours. Not needed if the request has an access token or cookies of it.',
      example: 'correct horse battery staple',
    }),
    require_owner: z.boolean().optional().meta({
      description:
        'Whether the request must prove that its sender owns the account: with an access token or cookies of it, or with its password. A page that a link leads to sends true.',
      example: true,
    }),
  })
  .meta({ id: 'VerifyEmail' });
export type VerifyEmailBody = z.infer<typeof VerifyEmailBody>;

export const ChangeEmailBody = z
  .strictObject({ email: EmailAddress, password: ConfirmingPassword })
  .meta({ id: 'ChangeEmail' });
export type ChangeEmailBody = z.infer<typeof ChangeEmailBody>;
