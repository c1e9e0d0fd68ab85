import { z } from 'zod';
import { authMethods, grantTypes, isConfidential } from '../clients/client.js';
import { ClientJwks } from '../clients/client-jwks.js';
import type { NewClient, RegisteredClient } from '../clients/clients.service.js';
import { isScope } from '../clients/scope.js';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';
import type { Page } from '../common/pagination.js';
import { NextCursor } from '../common/pagination.js';

// The names are those of RFC 7591 section 2, except `role`, which is ours.
const metadata = {
  client_name: z.string().trim().min(1).max(200).meta({ description: 'A name for admins.', example: 'Billing' }),
  token_endpoint_auth_method: z.enum(authMethods).meta({
    description: 'How it authenticates; `none` is for public clients, such as an app on a phone.',
    example: 'client_secret_basic',
  }),
  grant_types: z
    .array(z.enum(grantTypes))
    .max(grantTypes.length)
    .meta({
      description:
        '`refresh_token` lets users sign in to the client, `client_credentials` gives it tokens of its own. With neither it can only introspect.',
      example: ['client_credentials'],
    }),
  role: z.string().max(64).meta({ description: 'The `role` claim of its own tokens.', example: 'user' }),
  scope: z
    .string()
    .max(1000)
    .meta({ description: 'The scopes it may ask for, separated by spaces.', example: 'invoices:read' }),
};

export const CreateClient = z
  .strictObject({
    ...metadata,
    token_endpoint_auth_method: metadata.token_endpoint_auth_method.default('client_secret_basic'),
    role: metadata.role.default('user'),
    scope: metadata.scope.default('').refine(isScope, 'must be names without quotes, separated by single spaces'),
    jwks: ClientJwks.optional(),
  })
  .superRefine((client, context) => {
    const { token_endpoint_auth_method: authMethod, grant_types: grants, jwks } = client;
    const fault = (path: keyof typeof client, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (new Set(grants).size < grants.length) fault('grant_types', 'must not repeat a grant type');
    // RFC 6749 section 4.4: only confidential clients.
    if (grants.includes('client_credentials') && !isConfidential({ authMethod })) {
      fault('grant_types', 'must not contain client_credentials for a public client');
    }
    if ((authMethod === 'private_key_jwt') !== (jwks !== undefined)) {
      fault('jwks', 'is required with private_key_jwt, and not allowed otherwise');
    }
  })
  .meta({
    id: 'CreateClient',
    example: { client_name: 'Billing', grant_types: ['client_credentials'], scope: 'invoices:read', role: 'user' },
  });
export type CreateClient = z.infer<typeof CreateClient>;

export const ClientView = z
  .object({
    client_id: Id,
    ...metadata,
    jwks: ClientJwks.optional(),
    created_at: Instant,
    secrets: z
      .array(z.object({ created_at: Instant }))
      .meta({ description: 'The valid secrets, newest first. Each was shown once and is stored as a hash.' }),
  })
  .meta({ id: 'Client' });
export type ClientView = z.infer<typeof ClientView>;

export const ClientWithSecret = ClientView.extend({
  client_secret: z.string().optional().meta({
    description: 'Shown only now. Absent if the client authenticates without a secret.',
    example: 'pwls_…',
  }),
}).meta({ id: 'ClientWithSecret' });
export type ClientWithSecret = z.infer<typeof ClientWithSecret>;

export const ClientList = z
  .object({ clients: z.array(ClientView), next_cursor: NextCursor })
  .meta({ id: 'ClientList' });
export type ClientList = z.infer<typeof ClientList>;

export function toNewClient(body: CreateClient): NewClient {
  return {
    name: body.client_name,
    authMethod: body.token_endpoint_auth_method,
    grantTypes: body.grant_types,
    role: body.role,
    scope: body.scope,
    jwks: body.jwks ?? null,
  };
}

export function toClientView(client: RegisteredClient): ClientView {
  return {
    client_id: client.id,
    client_name: client.name,
    token_endpoint_auth_method: client.authMethod,
    grant_types: [...client.grantTypes],
    role: client.role,
    scope: client.scope,
    ...(client.jwks && { jwks: client.jwks }),
    created_at: client.createdAt.toISOString(),
    secrets: client.secrets.map(({ createdAt }) => ({ created_at: createdAt.toISOString() })),
  };
}

export function toClientList({ rows, nextCursor }: Page<RegisteredClient>): ClientList {
  return { clients: rows.map(toClientView), next_cursor: nextCursor };
}
