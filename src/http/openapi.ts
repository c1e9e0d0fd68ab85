import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { CookieNames } from '../access/cookie-names.js';
import { addProblemSchema } from '../common/problem.schema.js';
import type { Config } from '../config/config.js';
import { clientSecurity } from '../oauth/openapi.js';
import { completeDocument } from './openapi-document.js';

const description = `
1. **Register** or **sign in** under *Auth*.
2. This page then sends your access token with every call. To use another token, press **Authorize**.
3. Call anything: write a note, list your sessions.

Errors are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) \`application/problem+json\`; programs look at \`code\`.
A frontend in a browser signs in with \`"delivery": "cookie"\` and needs no token at all.
`;

/** In the order in which a newcomer needs them. */
const groups = {
  Auth: 'Register, sign in, refresh, sign out.',
  Account: 'The user’s own account: email address, password, profile, data export, deletion.',
  Factors: 'Authenticator apps, passkeys and recovery codes.',
  Sessions: 'Where the user is signed in.',
  Notes: 'The sample resource: the `user_id` claim decides whose note it is.',
  Users: 'For the role `admin`.',
  Admin: 'Everyone’s notes and the OAuth clients, for the role `admin`.',
  OAuth:
    'RFC 6749, 7009, 7662 and 8414, for OAuth clients. Bodies are forms and errors are those of RFC 6749 section 5.2.',
  Keys: 'For services that verify access tokens themselves.',
  Health: 'For the operator.',
};

/** Swagger UI at `/docs` and the OpenAPI document at `/docs-json`. The first request for either makes the document. */
export function setUpDocs(app: NestFastifyApplication, config: Config): void {
  SwaggerModule.setup('docs', app, () => createDocument(app, config), {
    customSiteTitle: 'Pawl API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, responseInterceptor: useAccessToken },
  });
}

function createDocument(app: NestFastifyApplication, config: Config): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Pawl')
    .setDescription(description.trim())
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    // Without scheme and host: Swagger UI calls the service at the origin it was opened from (its CSP allows no other).
    .addServer(new URL(config.publicUrl).pathname)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .addBasicAuth(
      { type: 'http', scheme: 'basic', description: 'An OAuth client: its id and its secret.' },
      clientSecurity,
    );
  for (const [name, meaning] of Object.entries(groups)) builder.addTag(name, meaning);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory: (_controller, handler) => handler,
  });
  addProblemSchema(document);
  completeDocument(document, new CookieNames(config));
  return document;
}

interface SwaggerResponse {
  url: string;
  ok: boolean;
  obj?: { access_token?: unknown };
}

interface SwaggerWindow {
  ui: { preauthorizeApiKey(scheme: string, token: string): void };
}

/** Its text runs in the browser, so it may use nothing from this file and contain no function: signs Swagger UI in with the token that a call returns. */
function useAccessToken(response: SwaggerResponse): SwaggerResponse {
  const token = response.obj?.access_token;
  if (response.ok && response.url.includes('/auth/') && typeof token === 'string') {
    (globalThis as unknown as SwaggerWindow).ui.preauthorizeApiKey('bearer', token);
  }
  return response;
}
