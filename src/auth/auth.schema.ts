import { z } from 'zod';
import { builtInClientId } from '../clients/client.js';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';
import { Password } from '../passwords/password-policy.js';
import { EmailAddress } from '../users/email.js';
import { DisplayName, UserView } from '../users/user.schema.js';

const delivery = z.enum(['body', 'cookie']).default('body').meta({
  description: '`cookie` sets `__Host-` cookies and leaves both tokens out of the body, for frontends in a browser.',
  example: 'body',
});

const clientId = z.string().max(64).default(builtInClientId).meta({
  description: 'The OAuth client the session belongs to. A registered one refreshes it at POST /oauth/token.',
  example: builtInClientId,
});

export const RegisterBody = z
  .strictObject({
    email: EmailAddress,
    password: Password,
    name: DisplayName.optional(),
    delivery,
    client_id: clientId,
  })
  .meta({ id: 'Register' });
export type RegisterBody = z.infer<typeof RegisterBody>;

export const LoginBody = z
  .strictObject({ email: EmailAddress, password: Password, delivery, client_id: clientId })
  .meta({ id: 'Login' });
export type LoginBody = z.infer<typeof LoginBody>;

/** The body may be missing altogether: the cookie is enough. */
const tokenOrCookie = z
  .strictObject({
    refresh_token: z.string().optional().meta({
      description: 'Left out by a browser, whose refresh cookie is read instead.',
    }),
  })
  .default({});
const tokenOrCookieExample = { refresh_token: 'pwl1_…' };

export const RefreshBody = tokenOrCookie.meta({ id: 'Refresh', example: tokenOrCookieExample });
export type RefreshBody = z.infer<typeof RefreshBody>;

export const LogoutBody = tokenOrCookie.meta({ id: 'Logout', example: tokenOrCookieExample });
export type LogoutBody = z.infer<typeof LogoutBody>;

/** RFC 6749 section 5.1, with the session and the user. In cookie mode both tokens are left out. */
export const TokenResponse = z
  .object({
    access_token: z
      .string()
      .optional()
      .meta({ description: 'A JWT (RFC 9068). Not in cookie mode.', example: 'eyJhbGciOi…' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds the access token lives.', example: 900 }),
    refresh_token: z
      .string()
      .optional()
      .meta({ description: 'For POST /auth/refresh. Not in cookie mode.', example: 'pwl1_…' }),
    session_id: Id,
    user: UserView,
  })
  .meta({ id: 'TokenResponse' });
export type TokenResponse = z.infer<typeof TokenResponse>;

export const SessionView = z
  .object({
    id: Id,
    created_at: Instant,
    last_used_at: Instant.meta({ description: 'Uses of the last five minutes are not shown yet.' }),
    expires_at: Instant,
    user_agent: z.string().nullable().meta({ example: 'Mozilla/5.0' }),
    ip: z.string().nullable().meta({ example: '203.0.113.7' }),
    current: z.boolean().meta({ description: 'Whether this session made the request.', example: true }),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

export const SessionList = z.object({ sessions: z.array(SessionView) }).meta({ id: 'SessionList' });
