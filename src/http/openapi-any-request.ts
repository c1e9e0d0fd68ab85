import type { OpenAPIObject } from '@nestjs/swagger';
import type { ErrorCode } from '../common/errors.js';
import { ERRORS } from '../common/errors.js';
import { documentedProblems, problemMediaType } from '../common/problem.schema.js';

interface DocumentedResponse {
  $ref?: string;
  content?: Record<string, { examples?: object }>;
}
type Responses = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>;
interface Operation {
  responses: Responses;
}

/** What any request may get before it is known whom it is for, in any operation. */
const ofAnyRequest: readonly ErrorCode[] = ['invalid_request', 'request_timeout', 'headers_too_large'];
/** What a request that may have a body may get, even if the operation reads none. */
const ofAnyBody: readonly ErrorCode[] = ['malformed_json', 'payload_too_large', 'unsupported_media_type'];
const isUnread: ReadonlySet<ErrorCode> = new Set(['request_timeout', 'headers_too_large']);

/** Documents the errors that come before an operation. They are the same for all, so the document has each of them once. */
export function documentAnyRequest(document: OpenAPIObject): void {
  const shared: Responses = {};
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
      const codes = method === 'get' ? ofAnyRequest : [...ofAnyRequest, ...ofAnyBody];
      for (const code of codes) {
        // Their errors have the form of RFC 6749, but bytes that no route was found for have not.
        if (path.startsWith('/oauth/') && method === 'post' && !isUnread.has(code)) continue;
        addCode(operation.responses, code, shared);
      }
    }
  }
  document.components = { ...document.components, responses: { ...document.components?.responses, ...shared } };
}

function addCode(responses: Responses, code: ErrorCode, shared: Responses): void {
  const status = ERRORS[code][0];
  const known = responses[status] as DocumentedResponse | undefined;
  if (!known) {
    shared[code] ??= documentedProblems([code]);
    responses[status] = { $ref: `#/components/responses/${code}` };
    return;
  }
  const codes = codesOf(known);
  // The decorators of a controller share the response between its operations, so it is replaced and not changed.
  if (!codes.includes(code)) responses[status] = documentedProblems([...codes, code]);
}

function codesOf({ $ref, content }: DocumentedResponse): ErrorCode[] {
  const codes = $ref ? [$ref.split('/').at(-1)] : Object.keys(content?.[problemMediaType]?.examples ?? {});
  return codes as ErrorCode[];
}
