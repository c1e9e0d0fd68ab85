import { STATUS_CODES } from 'node:http';
import type { Type } from '@nestjs/common';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { z } from 'zod';
import type { ErrorCode } from './errors.js';
import { ERRORS } from './errors.js';

/** The media type of every error (RFC 9457 section 3). */
export const problemMediaType = 'application/problem+json';

/** The body of every error response: RFC 9457, with a stable `code` and, if validation failed, the findings. */
export const Problem = z.object({
  type: z.literal('about:blank'),
  title: z.string().meta({ description: 'The phrase of the HTTP status.' }),
  status: z.int().min(400).max(599),
  detail: z.string().meta({ description: 'What went wrong, for people.' }),
  instance: z.string().meta({ description: 'The id of the request, also in `X-Request-Id`.' }),
  code: z
    .enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]])
    .meta({ description: 'What went wrong, for programs.' }),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: 'What is wrong where. Present with `validation_failed` and `password_too_weak`.' }),
  challenge: z.string().optional().meta({
    description: 'With `second_factor_required`: for POST /auth/login/factor, within five minutes.',
  }),
  factors: z
    .array(z.enum(['totp', 'passkey', 'recovery_code']))
    .optional()
    .meta({ description: 'With `second_factor_required`: what the account can respond with.' }),
  acr_values: z.string().optional().meta({
    description: 'With `insufficient_user_authentication`: the assurance level that is needed.',
  }),
  max_age: z.int().optional().meta({
    description: 'With `insufficient_user_authentication`: how many seconds ago the sign-in may be.',
  }),
  passkey_options: z.record(z.string(), z.unknown()).optional().meta({
    description:
      'With `second_factor_required`, if there is a passkey: for `navigator.credentials.get()`, as `PublicKeyCredentialRequestOptionsJSON` of WebAuthn.',
  }),
});

export type Problem = z.infer<typeof Problem>;

/** The errors of an operation that needs an access token: without a valid one, or with two. */
export const tokenProblems = [
  'invalid_request',
  'token_missing',
  'token_invalid',
  'token_expired',
  'token_revoked',
  'insufficient_scope',
] as const satisfies ErrorCode[];

/** The errors of an operation that reads a body. */
export const bodyProblems = [
  'validation_failed',
  'malformed_json',
  'payload_too_large',
  'unsupported_media_type',
] as const satisfies ErrorCode[];

/** Metadata key on a method: the codes that `ApiProblems` documents for it. */
const problemCodes = Symbol('problem codes');

/**
 * Documents the errors of an operation. On a controller, adds them to each of its operations. There is one response per
 * status and one example per code. A GET changes nothing, so the cross-site check never refuses it.
 */
export function ApiProblems(...codes: ErrorCode[]): MethodDecorator & ClassDecorator {
  return (target: object, _name?: string | symbol, method?: PropertyDescriptor) => {
    if (method) documentProblems(method, codes);
    // A class is decorated after its methods, so their routes and their own codes are known by now.
    else for (const route of routesOf(target as Type)) documentProblems(route, codes);
  };
}

function routesOf({ prototype }: Type): PropertyDescriptor[] {
  const members: PropertyDescriptor[] = Object.values(Object.getOwnPropertyDescriptors(prototype as object));
  return members.filter(
    ({ value }) => typeof value === 'function' && Reflect.hasMetadata(METHOD_METADATA, value as object),
  );
}

function documentProblems(method: PropertyDescriptor, added: readonly ErrorCode[]): void {
  const handler = method.value as object;
  const isGet = Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.GET;
  const known = (Reflect.getMetadata(problemCodes, handler) ?? []) as ErrorCode[];
  const codes = [...new Set([...added, ...known])].filter((code) => !(isGet && code === 'csrf_rejected'));
  Reflect.defineMetadata(problemCodes, codes, handler);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(ERRORS[code][0], [...(byStatus.get(ERRORS[code][0]) ?? []), code]);
  for (const [status, codes] of byStatus) problemResponse(status, codes)({}, '', method);
}

/** Adds the Problem schema, which `ApiProblems` refers to, to the document. */
export function addProblemSchema(document: OpenAPIObject): void {
  const schema: object = Problem['~standard'].jsonSchema.output({ target: 'openapi-3.0' });
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: schema } };
}

function problemResponse(status: number, codes: ErrorCode[]): MethodDecorator {
  return ApiResponse({ status, ...documentedProblems(codes) });
}

/** A response with these codes, all of one status, as an OpenAPI document has it. */
export function documentedProblems(codes: readonly ErrorCode[]) {
  const examples = Object.fromEntries(codes.map((code) => [code, { summary: ERRORS[code][1], value: example(code) }]));
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code][1]}`).join('\n\n'),
    // Spelled out, because a standardSchema would be documented as application/json.
    content: { [problemMediaType]: { schema: { $ref: getSchemaPath('Problem') }, examples } },
  };
}

const findingsOf: Partial<Record<ErrorCode, Problem['errors']>> = {
  validation_failed: [{ path: 'email', message: 'This is not an email address.' }],
  password_too_weak: [{ path: 'password', message: 'is, or is close to, one of the most common passwords' }],
};

function example(code: ErrorCode): Problem {
  const [status, detail] = ERRORS[code];
  const problem = {
    type: 'about:blank' as const,
    title: STATUS_CODES[status] ?? '',
    status,
    detail,
    instance: '019aa3c8-7d10-7f52-8c66-0b1d2e3f4a5b',
    code,
  };
  const findings = findingsOf[code];
  return findings ? { ...problem, errors: findings } : problem;
}
