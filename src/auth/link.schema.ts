import { z } from 'zod';
import { hasExactlyOneOf, SixDigits } from '../factors/factor.schema.js';
import { EmailAddress } from '../users/email.js';
import { clientId, delivery, scope } from './auth.schema.js';
import type { LinkResponse } from './link-sign-in.js';

export const LinkBody = z.strictObject({ email: EmailAddress }).meta({ id: 'RequestLink' });
export type LinkBody = z.infer<typeof LinkBody>;

export const LinkLoginBody = z
  .strictObject({
    token: z.string().max(200).optional().meta({ description: 'What follows `#token=` in the link of the email.' }),
    email: EmailAddress.optional(),
    code: SixDigits.optional(),
    delivery,
    client_id: clientId,
    scope,
  })
  .refine(hasExactlyOneOf('token', 'code'), 'must have token, or email and code')
  .refine(({ email, code }) => (email === undefined) === (code === undefined), {
    path: ['email'],
    error: 'must be there with code, and only then',
  })
  .transform((body) => body as LinkResponse & Pick<typeof body, 'delivery' | 'client_id' | 'scope'>)
  .meta({ id: 'LinkLogin', example: { email: 'ada@example.com', code: '123456' } });
export type LinkLoginBody = z.infer<typeof LinkLoginBody>;
