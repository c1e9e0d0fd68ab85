import { STATUS_CODES } from 'node:http';
import type { ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { ErrorCode } from '../../src/common/errors.js';
import { ERRORS } from '../../src/common/errors.js';
import { oauthResources } from '../../src/oauth/form.js';
import type { ApiDocument, DocumentedResponse, Operation } from './api-document.js';
import type { Schema } from './schema.js';
import { toStrictJsonSchema } from './schema.js';
import type { Received, SentRequest } from './sender.js';

/** Members of a problem that belong to certain codes. */
const codesOfMember: Readonly<Record<string, readonly string[]>> = {
  errors: ['validation_failed', 'password_too_weak'],
  challenge: ['second_factor_required'],
  factors: ['second_factor_required'],
  passkey_options: ['second_factor_required'],
  acr_values: ['insufficient_user_authentication'],
  max_age: ['insufficient_user_authentication'],
};
/** Node accepts 16 KiB. */
export const enoughHeadBytes = 14 * 1024;
const unreadablePath = 'the path is not percent-encoded UTF-8';

/** Holds responses against the OpenAPI document. */
export class Promises {
  private readonly ajv = new Ajv({ strict: false, allErrors: false, validateFormats: true });
  private readonly validators = new Map<Schema, ValidateFunction>();

  constructor(private readonly document: ApiDocument) {
    (addFormats as unknown as (ajv: Ajv) => void)(this.ajv);
    // Hints for people, not rules.
    this.ajv.addFormat('password', true);
    this.ajv.addSchema({ $id: 'api', components: { schemas: toStrictJsonSchema({ ...document.schemas }) as object } });
  }

  /** What the response breaks, each in a sentence that is the same for the same defect. */
  broken(sent: SentRequest, operation: Operation, response: Received): string[] {
    const found = operationOf(this.document, sent);
    const faults = [...everywhere(response)];
    if (response.status === 431 && headBytes(sent) > enoughHeadBytes) {
      faults.push(...isProblem(response, 431, 'headers_too_large', operation));
    } else if (!found && isUndocumentedRoute(sent)) {
      return faults;
    } else if (found === 'unreadable') faults.push(...isProblem(response, 400, 'invalid_request', operation));
    else if (!found) faults.push(...isProblem(response, 404, 'not_found', operation));
    else faults.push(...this.documented(sent, found, response));
    return faults;
  }

  /** Whether the operation, and no other, has done what it is for. A response that breaks a promise is none. */
  isSuccess(sent: SentRequest, operation: Operation, { status }: Received): boolean {
    return status < 400 && sent.method === operation.method && operationOf(this.document, sent) === operation;
  }

  private documented(sent: SentRequest, operation: Operation, response: Received): string[] {
    const { status } = response;
    const documented = operation.responses[status];
    const shown = status >= 400 ? `${status} ${codeOf(response)}` : String(status);
    if (!documented) return [`${shown} is not documented`];
    const mediaTypes = Object.keys(documented.content ?? {});
    const mediaType = mediaTypeOf(response);
    if (sent.method === 'HEAD' || mediaTypes.length === 0) {
      return response.text === '' ? [] : [`${shown} has a body, and none is documented`];
    }
    const content = documented.content![mediaType];
    if (!content) return [`${shown} is ${mediaType || 'without a type'}, not ${mediaTypes.join(' or ')}`];
    return [
      ...this.mismatches(content.schema, response, shown),
      ...(status >= 400 ? errorFaults(documented, response, shown) : []),
      ...this.accepted(sent, operation, status),
    ];
  }

  private mismatches(schema: Schema, response: Received, shown: string): string[] {
    if (!mediaTypeOf(response).endsWith('json')) return [];
    const validate = this.validatorOf(schema);
    if (validate(parsed(response))) return [];
    const { instancePath = '', message, params } = validate.errors?.[0] ?? {};
    // An index says nothing of the defect.
    const at = instancePath.replaceAll(/\/\d+/g, '/n');
    return [`${shown} does not match its schema: ${at} ${message} ${JSON.stringify(params)}`];
  }

  /** A body that breaks the document's schema must not be accepted: a client that validates would never send it. */
  private accepted({ json }: SentRequest, { body }: Operation, status: number): string[] {
    if (status >= 400 || json === undefined || !body || body.mediaType !== 'application/json') return [];
    const validate = this.validatorOf(body.schema);
    if (validate(json)) return [];
    const { instancePath = '', message } = validate.errors?.[0] ?? {};
    return [`${status} for a body that does not match its schema: ${instancePath} ${message}`];
  }

  private validatorOf(schema: Schema): ValidateFunction {
    const known = this.validators.get(schema);
    if (known) return known;
    const strict = toStrictJsonSchema(schema) as object;
    const text = JSON.stringify(strict).replaceAll('"#/components', '"api#/components');
    const validate = this.ajv.compile(JSON.parse(text) as object);
    this.validators.set(schema, validate);
    return validate;
  }
}

/** The operation that a request reaches; undefined if there is none. */
function operationOf(document: ApiDocument, { method, path }: SentRequest): Operation | 'unreadable' | undefined {
  const [plain = ''] = path.split(/[?#]/);
  try {
    decodeURIComponent(plain);
  } catch {
    return 'unreadable';
  }
  const given = plain.split('/');
  const matches = document.operations.filter((operation) => {
    const named = operation.path.split('/');
    const isSame = (part: string, i: number) => part.startsWith('{') || part === given[i];
    return (
      operation.method === (method === 'HEAD' ? 'GET' : method) && given.length === named.length && named.every(isSame)
    );
  });
  // `/auth/factors/totp` comes before `/auth/factors/{id}`.
  return matches.find((operation) => operation.path === plain) ?? matches[0];
}

export function headBytes({ path, headers }: SentRequest): number {
  return [path, ...headers.flat()].join('').length;
}

/** Where providers send forms. No client of ours calls it, so the document leaves it out. */
function isUndocumentedRoute({ method, path }: SentRequest): boolean {
  return method === 'POST' && /^\/auth\/providers\/[^/]*\/callback(\?|$)/.test(path);
}

function everywhere(response: Received): string[] {
  const { status, headers } = response;
  const faults: string[] = [];
  if (status >= 500) faults.push(`${status} ${codeOf(response)}`);
  if (!headers['x-request-id']) faults.push(`${status} without X-Request-Id`);
  if (status !== 431 && headers['x-content-type-options'] !== 'nosniff') faults.push(`${status} may be sniffed`);
  if (status === 401 && !headers['www-authenticate']) faults.push('401 without WWW-Authenticate');
  if ((status === 429 || status === 503) && !headers['retry-after']) faults.push(`${status} without Retry-After`);
  return faults;
}

function isProblem(response: Received, status: number, code: ErrorCode, { path }: Operation): string[] {
  const isOAuth = status !== 431 && path.startsWith('/oauth/') && !oauthResources.has(path);
  const expected = isOAuth ? 'invalid_request' : code;
  if (response.status === status && (response.text === '' || codeOf(response) === expected)) return [];
  const what = status === 400 ? unreadablePath : status === 431 ? 'the head is too large' : 'there is no such route';
  return [`${response.status} ${codeOf(response)}, though ${what}: expected ${status} ${expected}`];
}

/** What the schema of an error cannot say. */
function errorFaults({ description, content }: DocumentedResponse, response: Received, shown: string): string[] {
  const body = parsed(response) as Record<string, unknown>;
  const code = codeOf(response);
  if (mediaTypeOf(response) !== 'application/problem+json') {
    const isNamed = body.error === undefined || description.includes(`\`${code}\``);
    return isNamed ? [] : [`${shown} is not documented`];
  }
  const faults: string[] = [];
  const [status, detail] = code in ERRORS ? ERRORS[code as ErrorCode] : [];
  if (!content?.['application/problem+json']?.examples?.[code]) faults.push(`${shown} is not documented`);
  if (body.status !== response.status || status !== response.status) faults.push(`${shown} names another status`);
  if (body.detail !== detail || body.title !== STATUS_CODES[response.status]) faults.push(`${shown} has another text`);
  if (body.instance !== response.headers['x-request-id']) faults.push(`${shown} names another request`);
  for (const member of Object.keys(body)) {
    const codes = codesOfMember[member];
    if (codes && !codes.includes(code)) faults.push(`${shown} has ${member}`);
  }
  return faults;
}

const mediaTypeOf = ({ headers }: Received) => String(headers['content-type'] ?? '').split(';')[0]!;

/** The `code` of a problem, or the `error` of RFC 6749. */
export function codeOf(response: Received): string {
  const { code, error } = (parsed(response) ?? {}) as { code?: string; error?: string };
  return code ?? error ?? '';
}

function parsed({ text }: Received): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
