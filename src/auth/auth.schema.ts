import { z } from 'zod';
import { builtInClientId } from '../clients/client.js';
import { Password } from '../passwords/password-policy.js';
import { EmailAddress } from '../users/email.js';
import { DisplayName } from '../users/user.schema.js';

export const delivery = z.enum(['body', 'cookie']).default('body').meta({
  description: '`cookie` puts both tokens into `__Host-` cookies and not into the body, for frontends in a browser.',
  example: 'body',
});

export const clientId = z.string().max(64).default(builtInClientId).meta({
  description: 'The OAuth client that the session belongs to. A registered one refreshes it at POST /oauth/token.',
  example: builtInClientId,
});

export const scope = z.string().max(1000).optional().meta({
  description:
    'For a registered client: the scopes of its access tokens, separated by spaces. All of its scopes by default.',
  example: 'account',
});

/** Fits the built-in client, for which there is no scope. */
const exampleCredentials = { email: 'ada@example.com', password: 'correct horse battery staple', delivery: 'body' };

export const RegisterBody = z
  .strictObject({
    email: EmailAddress,
    password: Password,
    name: DisplayName.optional(),
    delivery,
    client_id: clientId,
    scope,
  })
  .meta({ id: 'Register', example: { ...exampleCredentials, name: 'Ada Lovelace' } });
export type RegisterBody = z.infer<typeof RegisterBody>;

export const LoginBody = z
  .strictObject({ email: EmailAddress, password: Password, delivery, client_id: clientId, scope })
  .meta({ id: 'Login', example: exampleCredentials });
export type LoginBody = z.infer<typeof LoginBody>;

/** The whole body is optional, because a cookie is enough. */
const tokenOrCookie = z
  .strictObject({
    refresh_token: z.string().optional().meta({
      description: 'Omit it in a browser: the refresh cookie is read instead.',
    }),
  })
  .default({});
const tokenOrCookieExample = { refresh_token: 'pwl1_…' };

export const RefreshBody = tokenOrCookie.meta({ id: 'Refresh', example: tokenOrCookieExample });
export type RefreshBody = z.infer<typeof RefreshBody>;

export const LogoutBody = tokenOrCookie.meta({ id: 'Logout', example: tokenOrCookieExample });
export type LogoutBody = z.infer<typeof LogoutBody>;
