import type { OpenAPIObject } from '@nestjs/swagger';
import type { CookieNames } from '../access/cookie-names.js';
import { documentAnyRequest } from './openapi-any-request.js';
import { operationIdOf } from './operation-ids.js';

interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  nullable?: boolean;
  allOf?: Schema[];
  pattern?: string;
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
}
interface Response {
  headers?: Record<string, object>;
  content?: Record<string, unknown>;
}
interface Operation {
  operationId?: string;
  security?: Record<string, string[]>[];
  parameters?: object[];
  requestBody?: unknown;
  responses: Record<string, Response>;
}
type Visit = (schema: Schema) => void;

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const bearer = 'bearer';

/** Changes what the decorators leave to be changed, for every operation alike, so that generated clients are right. */
export function completeDocument(document: OpenAPIObject, cookies: CookieNames): void {
  const operations = operationsOf(document);
  documentAnyRequest(document);
  for (const operation of operations) {
    documentCookies(operation);
    documentHeaders(operation);
    documentEventStream(operation);
  }
  const schemas = document.components?.schemas as Record<string, Schema> | undefined;
  walk(document, correct);
  const inRequests = schemasUnder(
    operations.map(({ requestBody }) => requestBody),
    schemas,
  );
  inRequests.forEach(explainDefaults);
  const inResponses = schemasUnder(
    operations.map(({ responses }) => responses),
    schemas,
  );
  inResponses.forEach(allowNewFields);
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

/** What is the same for all schemas. */
function correct(schema: Schema): void {
  // OpenAPI 3.0.3, "nullable": null must be in the enum too.
  if (schema.nullable && schema.enum && !schema.enum.includes(null)) schema.enum = [...schema.enum, null];
  // OpenAPI 3.0.3 knows "nullable" only beside a type; a reference to an object has none of its own.
  if (schema.nullable && schema.allOf) schema.type ??= 'object';
  const [only, ...others] = schema.allOf ?? [];
  if (only?.$ref && others.length === 0 && Object.keys(schema).length === 1) {
    schema.$ref = only.$ref;
    delete schema.allOf;
  }
  if (schema.type === 'integer') {
    delete schema.pattern; // of the text that the number is read from
    if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
    if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  }
}

/** Generators take a property with a default for one that is always there, and demand it in requests. */
function explainDefaults({ properties = {} }: Schema): void {
  for (const property of Object.values(properties)) {
    if (property.default === undefined) continue;
    const value = JSON.stringify(property.default);
    property.description = [property.description, `Default: \`${value}\`.`].filter(Boolean).join(' ');
    delete property.default;
  }
}

/** A later version may add fields to responses. Requests with unknown fields are refused, and say so. */
function allowNewFields(schema: Schema): void {
  if (schema.properties && schema.additionalProperties === false) delete schema.additionalProperties;
}

const readsRefreshCookie = new Set(['refresh', 'logout', 'getSession', 'describeEmailLink', 'verifyEmail']);

/** Wherever a browser could send a bearer token, the access cookie will do. */
function documentCookies(operation: Operation): void {
  // Whatever names no way to authenticate is public.
  const named = operation.security ?? [];
  // The arrays are shared between the operations of a controller.
  operation.security = [
    ...named,
    ...(named.some((scheme) => bearer in scheme) ? [{ accessCookie: [] }] : []),
    ...(readsRefreshCookie.has(operation.operationId ?? '') ? [{ refreshCookie: [] }, {}] : []), // `{}`: the token may be in the body, or there may be none
  ];
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

const text = { type: 'string' };
const device = 'Recognises this device, so that other people’s wrong passwords do not delay its sign-in.';
const retryAfter = { description: 'Seconds to wait before the next attempt.', schema: { type: 'integer', minimum: 0 } };
const rateLimit = { description: 'What is left of the limit (draft-ietf-httpapi-ratelimit-headers).', schema: text };
const policy = { description: 'The limit: its name, quota and window in seconds.', schema: text };
const issuedDevice = {
  description: `${device} Store it and send it with the next sign-in. Browsers get a cookie instead.`,
  schema: text,
};
const withDevice = new Set(['login', 'register']);

function documentHeaders(operation: Operation): void {
  const { responses } = operation;
  const add = (response: Response | undefined, headers: Record<string, object>) => {
    if (response) response.headers = { ...response.headers, ...headers };
  };
  add(responses['429'], { 'Retry-After': retryAfter, RateLimit: rateLimit, 'RateLimit-Policy': policy });
  if (operation.operationId !== 'getReadiness') add(responses['503'], { 'Retry-After': retryAfter });
  if (!withDevice.has(operation.operationId ?? '')) return;
  operation.parameters = [
    ...(operation.parameters ?? []),
    {
      name: 'Pawl-Device',
      in: 'header',
      required: false,
      description: `${device} From an earlier sign-in.`,
      schema: text,
    },
  ];
  for (const status of ['200', '201']) add(responses[status], { 'Pawl-Device': issuedDevice });
}

const eventStreamExample = `event: snapshot
data: {"keep_seconds":1200}

id: 1506-h1mPZ0aB
data: {"session_id":"019aa3c8-7d10-7f52-8c66-0b1d2e3f4a5b","at":"2026-11-21T10:00:05.120Z"}

event: current
id: 1506-h1mPZ0aB
data: {"keep_seconds":1200}
`;

/** The decorators describe one media type of a response. */
function documentEventStream({ operationId, responses }: Operation): void {
  if (operationId !== 'followRevocations' || !responses['200']) return;
  responses['200'].content = {
    'text/event-stream': { schema: { type: 'string' }, example: eventStreamExample },
    ...responses['200'].content,
  };
}

/** All schemas under these parts of the document, those they refer to included. */
function schemasUnder(parts: unknown, schemas: Record<string, Schema> | undefined): Set<Schema> {
  const found = new Set<Schema>();
  const visit: Visit = (schema) => {
    if (found.has(schema)) return;
    found.add(schema);
    const name = schema.$ref?.split('/').at(-1);
    if (name !== undefined && schemas?.[name]) walk(schemas[name], visit);
  };
  walk(parts, visit);
  return found;
}

/** Visits every object in a part of the document. Those that are not schemas have none of a schema's members. */
function walk(part: unknown, visit: Visit): void {
  if (typeof part !== 'object' || part === null) return;
  if (!Array.isArray(part)) visit(part);
  for (const member of Object.values(part)) walk(member, visit);
}
