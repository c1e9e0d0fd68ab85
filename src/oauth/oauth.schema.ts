import { z } from 'zod';

const text = z.string('must come once');

/** Authenticate the client in the form. With client_secret_basic, the Authorization header does instead. */
const clientFields = {
  client_id: text
    .optional()
    .meta({ description: 'All that a public client sends; `pawl` is the built-in one.', example: 'pawl' }),
  client_secret: text.optional().meta({ description: '`client_secret_post` (RFC 6749 section 2.3.1).' }),
  client_assertion_type: text.optional().meta({
    description: '`private_key_jwt`: always `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.',
  }),
  client_assertion: text.optional().meta({ description: '`private_key_jwt`: a JWT (RFC 7523 section 2.2).' }),
};
export type ClientFields = z.infer<z.ZodObject<typeof clientFields>>;

export const TokenForm = z
  .object({
    grant_type: text.meta({ description: '`refresh_token` or `client_credentials`.', example: 'refresh_token' }),
    refresh_token: text.optional().meta({ description: 'With the `refresh_token` grant.', example: 'pwl1_…' }),
    scope: text.optional().meta({ description: 'With `client_credentials`: some of the client’s scopes.' }),
    ...clientFields,
  })
  .meta({ id: 'TokenForm', example: { grant_type: 'refresh_token', refresh_token: 'pwl1_…', client_id: 'pawl' } });
export type TokenForm = z.infer<typeof TokenForm>;

const oneToken = {
  token: text.meta({ description: 'An access token or a refresh token.' }),
  token_type_hint: text.optional().meta({ description: '`access_token` or `refresh_token`; not needed.' }),
  ...clientFields,
};

export const RevocationForm = z
  .object(oneToken)
  .meta({ id: 'RevocationForm', example: { token: 'pwl1_…', client_id: 'pawl' } });
export type RevocationForm = z.infer<typeof RevocationForm>;

export const IntrospectionForm = z
  .object(oneToken)
  .meta({ id: 'IntrospectionForm', example: { token: 'eyJhbGciOi…' } });
export type IntrospectionForm = z.infer<typeof IntrospectionForm>;

/** RFC 6749 section 5.1. */
export const OAuthTokens = z
  .object({
    access_token: z.string().meta({ description: 'A JWT (RFC 9068).', example: 'eyJhbGciOi…' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().min(1).meta({ description: 'Seconds the access token lives.', example: 900 }),
    refresh_token: z.string().optional().meta({ description: 'With the `refresh_token` grant.', example: 'pwl1_…' }),
    scope: z.string().optional().meta({ description: 'With `client_credentials`, if the client has any.' }),
  })
  .meta({
    id: 'OAuthTokens',
    example: { access_token: 'eyJhbGciOi…', token_type: 'Bearer', expires_in: 900, refresh_token: 'pwl1_…' },
  });
export type OAuthTokens = z.infer<typeof OAuthTokens>;

const Inactive = z.object({ active: z.literal(false) });

/** RFC 7662 section 2.2. A refresh token has no `token_type`: it opens no resource. */
const Active = z.object({
  active: z.literal(true),
  token_use: z.enum(['access_token', 'refresh_token']),
  token_type: z.literal('Bearer').optional(),
  client_id: z.string(),
  iss: z.string(),
  sub: z.string().meta({ description: 'The user, or the client if it is a service’s token.' }),
  aud: z.string().optional(),
  exp: z.int().min(0).meta({ description: 'Seconds since 1970.' }),
  iat: z.int().min(0),
  jti: z.string().optional(),
  sid: z.string().optional().meta({ description: 'The session.' }),
  scope: z.string().optional(),
  user_id: z.string().optional().meta({ description: 'Absent from a service’s token.' }),
  role: z.string().optional(),
  auth_time: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'When the user signed in, in seconds since 1970 (RFC 9470).' }),
  amr: z.array(z.string()).optional().meta({ description: 'How the user signed in (RFC 8176).' }),
  acr: z.string().optional().meta({ description: '`aal1`, or `aal2` for two factors (RFC 9470).' }),
});

export const Introspected = z.union([Active, Inactive]).meta({
  id: 'Introspection',
  example: {
    active: true,
    token_use: 'access_token',
    token_type: 'Bearer',
    client_id: 'pawl',
    iss: 'https://auth.example.com',
    sub: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e',
    aud: 'https://auth.example.com',
    exp: 1795258505,
    iat: 1795257605,
    jti: '927f2e4a-6955-4412-a0c8-95d61740176d',
    user_id: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e',
    sid: '019aa3c8-7d10-7f52-8c66-0b1d2e3f4a5b',
    role: 'user',
    auth_time: 1795257605,
    amr: ['pwd'],
    acr: 'aal1',
  },
});
export type Introspected = z.infer<typeof Introspected>;

export const OAuthErrorView = z
  .object({
    error: z.string().meta({ description: 'What went wrong, for programs.', example: 'invalid_grant' }),
    error_description: z
      .string()
      .meta({ description: 'The same, for people.', example: 'The refresh token is not valid.' }),
  })
  .meta({ id: 'OAuthError' });
