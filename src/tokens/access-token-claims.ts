import { z } from 'zod';

const shared = {
  sub: z.string(),
  role: z.string(),
  client_id: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
};

/** Of a session: `user_id` and `role` are the claims that guards enforce. */
const UserClaims = z
  .object({ ...shared, user_id: z.string(), sid: z.string(), epoch: z.int() })
  .refine((claims) => claims.user_id === claims.sub, 'user_id is not sub');

/** Of a service, that is an OAuth client with a token of its own: no user, no session. */
const ServiceClaims = z
  .object({
    ...shared,
    scope: z.string().optional(),
    user_id: z.undefined().optional(),
    sid: z.undefined().optional(),
    epoch: z.undefined().optional(),
  })
  .refine((claims) => claims.client_id === claims.sub, 'client_id is not sub');

/** What an access token says (RFC 9068 section 2.2). */
export const AccessTokenClaims = z.union([UserClaims, ServiceClaims]);
export type AccessTokenClaims = z.infer<typeof AccessTokenClaims>;
