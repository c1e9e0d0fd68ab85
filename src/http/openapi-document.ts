import type { OpenAPIObject } from '@nestjs/swagger';
import type { CookieNames } from '../access/cookie-names.js';
import { documentAnyRequest } from './openapi-any-request.js';
import type { Operation } from './openapi-operations.js';
import { completeOperation } from './openapi-operations.js';
import { completeSchemas } from './openapi-schemas.js';
import { operationIdOf } from './operation-ids.js';

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Changes what the decorators leave to be changed, for every operation alike, so that generated clients are right. */
export function completeDocument(document: OpenAPIObject, cookies: CookieNames): void {
  const operations = operationsOf(document);
  documentAnyRequest(document);
  operations.forEach(completeOperation);
  completeSchemas(
    document,
    operations.map(({ requestBody }) => requestBody),
    operations.map(({ responses }) => responses),
  );
  addCookieSchemes(document, cookies);
}

/** All operations, each with its final id. */
function operationsOf({ paths }: OpenAPIObject): Operation[] {
  const operations: Operation[] = [];
  for (const [path, item] of Object.entries(paths)) {
    for (const method of methods) {
      const operation = item[method] as unknown as Operation | undefined;
      if (!operation) continue;
      operation.operationId = operationIdOf(method, path, operation.operationId);
      operations.push(operation);
    }
  }
  return operations;
}

function addCookieSchemes(document: OpenAPIObject, cookies: CookieNames): void {
  document.components ??= {};
  document.components.securitySchemes = {
    ...document.components.securitySchemes,
    accessCookie: {
      type: 'apiKey',
      in: 'cookie',
      name: cookies.access,
      description: 'Set by a sign-in with `"delivery": "cookie"`, for frontends in a browser.',
    },
    refreshCookie: {
      type: 'apiKey',
      in: 'cookie',
      name: cookies.refresh,
      description: 'Set together with the access cookie.',
    },
  };
}
