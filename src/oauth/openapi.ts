import { applyDecorators } from '@nestjs/common';
import { ApiConsumes, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import type { OAuthErrorCode } from './errors.js';
import { OAUTH_ERRORS } from './errors.js';
import { OAuthErrorView } from './oauth.schema.js';

/** The name of `client_secret_basic` among the security schemes of the document (http/openapi.ts). */
export const clientSecurity = 'client';

/** Documents an endpoint that takes a form, from a client that authenticates in a header or in the form. */
export function ApiClientForm(): MethodDecorator {
  return applyDecorators(
    ApiConsumes('application/x-www-form-urlencoded'),
    // Either of the two: the header, or the fields of the form.
    ApiSecurity(clientSecurity),
    ApiSecurity({}),
  );
}

/** HTTP has a more precise status for these than 400. */
const ofOtherStatus: Readonly<Record<number, string>> = {
  403: '`invalid_request`: a browser sent the request from a site that is not allowed',
  413: '`invalid_request`: the body is larger than 64 KiB',
};

/** Documents the errors of an endpoint: its own, and those that all of them share. */
export function ApiOAuthErrors(...codes: OAuthErrorCode[]): MethodDecorator {
  const all = [...codes, 'invalid_client', 'temporarily_unavailable'] as const;
  const byStatus = new Map<number, OAuthErrorCode[]>();
  for (const code of all) byStatus.set(OAUTH_ERRORS[code], [...(byStatus.get(OAUTH_ERRORS[code]) ?? []), code]);
  return applyDecorators(
    ApiResponse({
      status: 429,
      description: '`temporarily_unavailable`: too many requests, or too many failed authentications, from the address',
      standardSchema: OAuthErrorView,
    }),
    ...Object.entries(ofOtherStatus).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, standardSchema: OAuthErrorView }),
    ),
    ...[...byStatus].map(([status, listed]) =>
      ApiResponse({
        status,
        description: listed.map((code) => `\`${code}\``).join(', '),
        standardSchema: OAuthErrorView,
      }),
    ),
  );
}
