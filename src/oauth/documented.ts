import { applyDecorators } from '@nestjs/common';
import { ApiConsumes, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { OAuthErrorView } from './oauth.schema.js';
import type { OAuthErrorCode } from './oauth-error.js';
import { OAUTH_ERRORS } from './oauth-error.js';

/** The name of `client_secret_basic` among the document's security schemes (app.openapi.ts). */
export const clientSecurity = 'client';

/** Documents an endpoint that takes a form, in which or beside which a client authenticates. */
export function ApiClientForm(): MethodDecorator {
  return applyDecorators(
    ApiConsumes('application/x-www-form-urlencoded'),
    // Either of the two: by the header, or by what the form holds.
    ApiSecurity(clientSecurity),
    ApiSecurity({}),
  );
}

/** Documents the errors of an endpoint: its own, and those of each. */
export function ApiOAuthErrors(...codes: OAuthErrorCode[]): MethodDecorator {
  const all = [...codes, 'invalid_client', 'temporarily_unavailable'] as const;
  const byStatus = new Map<number, OAuthErrorCode[]>();
  for (const code of all) byStatus.set(OAUTH_ERRORS[code], [...(byStatus.get(OAUTH_ERRORS[code]) ?? []), code]);
  return applyDecorators(
    ...[...byStatus].map(([status, listed]) =>
      ApiResponse({
        status,
        description: listed.map((code) => `\`${code}\``).join(', '),
        standardSchema: OAuthErrorView,
      }),
    ),
  );
}
