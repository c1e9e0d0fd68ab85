import { z } from 'zod';
import { Id } from '../common/ids.js';
import { UserView } from '../users/user.schema.js';

/** The members about an access token in a response. */
export const accessTokenMembers = {
  access_token: z
    .string()
    .optional()
    .meta({ description: 'A JWT (RFC 9068). Not in cookie mode.', example: 'eyJhbGciOi…' }),
  token_type: z.literal('Bearer'),
  expires_in: z.int().min(1).meta({ description: 'Seconds the access token lives.', example: 900 }),
};

/** An access token alone: the refresh token stays as it is. In cookie mode, the access cookie holds it. */
export const AccessTokenResponse = z.object(accessTokenMembers).meta({ id: 'AccessTokenResponse' });
export type AccessTokenResponse = z.infer<typeof AccessTokenResponse>;

/** RFC 6749 section 5.1, plus the session and the user. In cookie mode it contains no tokens. */
export const TokenResponse = z
  .object({
    ...accessTokenMembers,
    refresh_token: z
      .string()
      .optional()
      .meta({ description: 'For POST /auth/refresh. Not in cookie mode.', example: 'pwl1_…' }),
    session_id: Id,
    user: UserView,
  })
  .meta({ id: 'TokenResponse' });
export type TokenResponse = z.infer<typeof TokenResponse>;
