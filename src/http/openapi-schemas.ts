import type { OpenAPIObject } from '@nestjs/swagger';

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
type Visit = (schema: Schema) => void;

/** Changes what the decorators say of schemas. `inRequests` and `inResponses` are the parts of the document with those. */
export function completeSchemas(document: OpenAPIObject, inRequests: unknown, inResponses: unknown): void {
  const schemas = document.components?.schemas as Record<string, Schema> | undefined;
  walk(document, correct);
  schemasUnder(inRequests, schemas).forEach(explainDefaults);
  schemasUnder(inResponses, schemas).forEach(allowNewFields);
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
