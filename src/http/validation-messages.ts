/** As much of zod's issues as the sentences need. Issues of other validators have no code. */
export interface ValidationIssue {
  readonly message: string;
  readonly code?: string;
  readonly expected?: string;
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly format?: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly divisor?: number;
}

/** How zod's own messages begin. Whatever does not begin so was written for this field. */
const written = /^(?!Invalid|Too big|Too small|Unrecognized key)/;

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

const formats: Readonly<Record<string, string>> = {
  email: 'This is not an email address.',
  uuid: 'This is not an id.',
  url: 'This is not a URL.',
  datetime: 'This is not a point in time such as 2026-11-21T09:30:00Z.',
};

/** The message of a validation issue for the caller, in words of ours where the schema has none. */
export function validationMessage(issue: ValidationIssue): string {
  if (written.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.endsWith('received undefined')) return 'This field is required.';
      return `This must be ${kinds[issue.expected ?? ''] ?? issue.expected}.`;
    case 'too_small':
      return lengthMessage(issue, 'at least', issue.minimum);
    case 'too_big':
      return lengthMessage(issue, 'at most', issue.maximum);
    case 'invalid_format':
      return formats[issue.format ?? ''] ?? 'This does not have the expected form.';
    case 'not_multiple_of':
      return `This must be a multiple of ${issue.divisor}.`;
    case 'unrecognized_keys':
      return unknownFields(issue.keys ?? []);
    case 'invalid_value':
      return `This must be ${(issue.values ?? []).map(String).join(' or ')}.`;
    default:
      return 'This is not a valid value.';
  }
}

function lengthMessage({ origin }: ValidationIssue, bound: string, count: number | bigint | undefined): string {
  const one = Number(count) === 1;
  if (origin === 'string') {
    if (one && bound === 'at least') return 'This must not be empty.';
    return `This must have ${bound} ${count} ${one ? 'character' : 'characters'}.`;
  }
  if (origin === 'array' || origin === 'set') return `This must have ${bound} ${count} ${one ? 'entry' : 'entries'}.`;
  if (origin === 'object') return `This must have ${bound} ${count} ${one ? 'field' : 'fields'}.`;
  return `This must be ${bound} ${count}.`;
}

function unknownFields(keys: readonly string[]): string {
  const names = keys.map((key) => JSON.stringify(key)).join(', ');
  return keys.length === 1 ? `The field ${names} is unknown.` : `The fields ${names} are unknown.`;
}
