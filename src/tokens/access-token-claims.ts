import { z } from 'zod';

const shared = {
  sub: z.string(),
  role: z.string(),
  client_id: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
};

/**
 * The claims of a session's token. Guards enforce `user_id` and `role`. The three about the sign-in (RFC 9068 section 2.2.1)
 * are missing in tokens that were issued before this version.
 */
const UserClaims = z
  .object({
    ...shared,
    user_id: z.string(),
    sid: z.string(),
    epoch: z.int(),
    scope: z.string().optional(),
    auth_time: z.int().optional(),
    amr: z.array(z.string()).optional(),
    acr: z.string().optional(),
  })
  .refine((claims) => claims.user_id === claims.sub, 'user_id is not sub');

/** The claims of a service's token, that is of an OAuth client's own: there is no user and no session. */
const ServiceClaims = z
  .object({
    ...shared,
    scope: z.string().optional(),
    user_id: z.undefined().optional(),
    sid: z.undefined().optional(),
    epoch: z.undefined().optional(),
  })
  .refine((claims) => claims.client_id === claims.sub, 'client_id is not sub');

/** The claims of an access token (RFC 9068 section 2.2). */
export const AccessTokenClaims = z.union([UserClaims, ServiceClaims]);
export type AccessTokenClaims = z.infer<typeof AccessTokenClaims>;
