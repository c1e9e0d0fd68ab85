import { z } from 'zod';
import { linkPurposes } from '../emails/email-templates.js';
import { OneTimeTokenText } from './one-time-token.schema.js';

export const EmailLinkBody = z.strictObject({ token: OneTimeTokenText }).meta({ id: 'EmailLinkToken' });
export type EmailLinkBody = z.infer<typeof EmailLinkBody>;

export const EmailLinkView = z
  .object({
    purpose: z.enum(linkPurposes).meta({
      description: 'What the link may do.',
      example: 'verify_email',
    }),
    email: z.string().meta({ description: 'The address that the email was sent to.', example: 'ada@example.com' }),
    used: z.boolean().meta({
      description: 'Whether it has confirmed the address already. Links of other purposes do not work after their use.',
      example: false,
    }),
    own_account: z.boolean().meta({
      description: 'Whether the access token or the cookies of the request belong to the account of the link.',
      example: false,
    }),
  })
  .meta({ id: 'EmailLink' });
export type EmailLinkView = z.infer<typeof EmailLinkView>;
