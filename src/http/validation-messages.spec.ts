import { z } from 'zod';
import { validationMessage } from './validation-messages.js';

const messages = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error!.issues.map(validationMessage);

it.each([
  ['a field that is missing', z.object({ a: z.string() }), {}, 'This field is required.'],
  ['a number for text', z.string(), 1, 'This must be text.'],
  ['null for text', z.string(), null, 'This must be text.'],
  ['text for a number', z.number(), 'x', 'This must be a number.'],
  ['a fraction for a whole number', z.int(), 1.5, 'This must be a whole number.'],
  ['text for a boolean', z.boolean(), 'yes', 'This must be true or false.'],
  ['a list for an object', z.object({}), [], 'This must be an object.'],
  ['an object for a list', z.array(z.string()), {}, 'This must be a list.'],
  ['empty text', z.string().min(1), '', 'This must not be empty.'],
  ['text that is too short', z.string().min(8), 'x', 'This must have at least 8 characters.'],
  ['text that is too long', z.string().max(3), 'xxxx', 'This must have at most 3 characters.'],
  ['a number that is too small', z.number().min(1), 0, 'This must be at least 1.'],
  ['a number that is too large', z.number().max(100), 101, 'This must be at most 100.'],
  ['a list that is too long', z.array(z.string()).max(1), ['a', 'b'], 'This must have at most 1 entry.'],
  ['an email address', z.email(), 'x', 'This is not an email address.'],
  ['an id', z.uuid(), 'x', 'This is not an id.'],
  ['a URL', z.url(), 'x', 'This is not a URL.'],
  ['an instant', z.iso.datetime(), 'x', 'This is not a point in time such as 2026-11-21T09:30:00Z.'],
  ['a pattern', z.string().regex(/^a$/), 'x', 'This does not have the expected form.'],
  ['a word that is not on the list', z.enum(['body', 'cookie']), 'x', 'This must be body or cookie.'],
  ['an unknown field', z.strictObject({}), { role: 1 }, 'The field "role" is unknown.'],
  ['unknown fields', z.strictObject({}), { a: 1, b: 1 }, 'The fields "a", "b" are unknown.'],
  ['neither of two', z.union([z.string(), z.number()]), true, 'This is not a valid value.'],
  ['a message of the schema', z.string().refine(() => false, 'must change something'), 'x', 'must change something'],
])('%s', (_, schema, value, message) => {
  expect(messages(schema, value)).toEqual([message]);
});
