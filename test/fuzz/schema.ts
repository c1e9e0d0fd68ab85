/** The part of OpenAPI 3.0's Schema Object that our document uses. */
export interface Schema {
  $ref?: string;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  nullable?: boolean;
  enum?: readonly unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
  example?: unknown;
}

type Member = string | number | boolean | null | undefined | readonly unknown[] | object;

/**
 * A copy in the terms of JSON Schema, in which an object has no members but those it names: the document allows responses
 * to gain members, so a client ignores what it does not know, and only here is one an error.
 */
export function toStrictJsonSchema(part: Member): Member {
  if (Array.isArray(part)) return part.map((member: Member) => toStrictJsonSchema(member));
  if (typeof part !== 'object' || part === null) return part;
  const { nullable, example: _example, ...schema } = part as Schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, member]) => [
      key,
      key === 'enum' ? member : toStrictJsonSchema(member as Member),
    ]),
  ) as Record<string, unknown>;
  if (isObjectSchema(schema)) copy.additionalProperties ??= false;
  if (!nullable) return copy;
  // OpenAPI 3.0.3 has its own word for "or null".
  const { type: _type, ...withoutType } = copy;
  return { anyOf: [{ type: 'null' }, schema.allOf ? withoutType : copy] };
}

/** `properties` may also be the name of a property. */
function isObjectSchema({ type, properties }: Schema): boolean {
  return type === 'object' && typeof properties === 'object';
}
