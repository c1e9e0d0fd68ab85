import fc from 'fast-check';
import type { ApiDocument } from './api-document.js';
import type { Schema } from './schema.js';

/** Stands for a value that an earlier response had under this name, or for another value if none had it. */
export class Remembered {
  constructor(
    readonly name: string,
    /** Which of them: 0 is the newest. */
    readonly index: number,
    readonly otherwise: unknown,
  ) {}
}

/** Which of the values that are remembered: mostly one of the newest. */
export const anyIndex = fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(1000) });
const maxGeneratedLength = 40;

/** Values that match a schema of a request. Some of their texts are what the service itself has given before. */
export function matching(document: ApiDocument, schema: Schema, name = ''): fc.Arbitrary<unknown> {
  const own = plain(document, document.resolve(schema), name);
  const { type, enum: values } = document.resolve(schema);
  if (name === '' || type !== 'string' || values) return own;
  const remembered = fc.tuple(anyIndex, own).map(([index, other]) => new Remembered(name, index, other));
  return fc.oneof({ weight: 2, arbitrary: remembered }, { weight: 1, arbitrary: own });
}

function plain(document: ApiDocument, schema: Schema, name: string): fc.Arbitrary<unknown> {
  if (schema.nullable) {
    const { nullable: _, ...rest } = schema;
    return fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 4, arbitrary: plain(document, rest, name) });
  }
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) return fc.oneof(...choices.map((choice) => matching(document, choice)));
  if (schema.enum) return fc.constantFrom(...schema.enum.filter((value) => value !== null));
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.integer({ min: schema.minimum ?? -1000, max: schema.maximum ?? 100_000 });
    case 'array':
      return fc.array(matching(document, schema.items ?? {}), arrayBounds(schema));
    case 'object':
      return objects(document, schema);
    case 'string':
      return strings(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

const arrayBounds = ({ minItems = 0, maxItems = minItems + 3 }: Schema) => ({
  minLength: minItems,
  maxLength: Math.min(maxItems, minItems + 3),
});

function objects(document: ApiDocument, { properties, required = [] }: Schema): fc.Arbitrary<unknown> {
  if (!properties) return fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
  const members = Object.entries(properties).map(([name, schema]) => [name, matching(document, schema, name)] as const);
  return fc.record(Object.fromEntries(members), { requiredKeys: [...required] });
}

function strings({ format, pattern, minLength = 0, maxLength = maxGeneratedLength }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid({ version: 7 });
  if (format === 'date-time') {
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
      .map((at) => at.toISOString());
  }
  if (format === 'email') return fc.stringMatching(/^[a-z]{1,8}@[a-z]{1,8}\.example$/);
  if (pattern) return fc.stringMatching(new RegExp(pattern), { size: 'small' });
  const longest = Math.max(minLength, Math.min(maxLength, maxGeneratedLength));
  const size = { minLength, maxLength: longest };
  return fc.oneof(fc.string({ unit: 'grapheme-ascii', ...size }), fc.string({ unit: 'grapheme', ...size }));
}
