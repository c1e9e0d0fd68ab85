import type { Schema } from './schema.js';

/** What the OpenAPI document says of one response. */
export interface DocumentedResponse {
  $ref?: string;
  description: string;
  content?: Record<string, { schema: Schema; examples?: Record<string, unknown> }>;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

export interface Operation {
  method: string;
  /** With the names of its parameters: `/notes/{id}`. */
  path: string;
  /** Names of the ways to authenticate; none if the operation is public. */
  security: readonly string[];
  parameters: readonly Parameter[];
  /** The media type of the body, and its schema. */
  body?: { mediaType: string; required: boolean; schema: Schema };
  responses: Readonly<Record<string, DocumentedResponse>>;
}

export interface ApiDocument {
  operations: readonly Operation[];
  /** Follows a reference. */
  resolve(schema: Schema): Schema;
  schemas: Readonly<Record<string, Schema>>;
}

interface RawOperation {
  security?: Record<string, unknown>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, DocumentedResponse>;
}

/** Reads what the fuzzer needs from the document at /docs-json. */
export function readDocument(json: unknown): ApiDocument {
  const { paths, components } = json as {
    paths: Record<string, Record<string, RawOperation>>;
    components: { schemas: Record<string, Schema>; responses: Record<string, DocumentedResponse> };
  };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, raw]) => {
      const responses = Object.entries(raw.responses).map(([status, { $ref, ...response }]) => [
        status,
        $ref ? components.responses[$ref.split('/').at(-1)!]! : response,
      ]);
      return toOperation(method.toUpperCase(), path, { ...raw, responses: Object.fromEntries(responses) });
    }),
  );
  return {
    operations,
    resolve: (schema) => (schema.$ref ? components.schemas[schema.$ref.split('/').at(-1)!]! : schema),
    schemas: components.schemas,
  };
}

function toOperation(
  method: string,
  path: string,
  { security = [], parameters = [], requestBody, responses }: RawOperation,
) {
  const [mediaType, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const body = content && { mediaType: mediaType!, required: requestBody!.required ?? false, schema: content.schema };
  return { method, path, security: security.flatMap((scheme) => Object.keys(scheme)), parameters, body, responses };
}
