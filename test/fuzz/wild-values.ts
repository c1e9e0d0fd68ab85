import fc from 'fast-check';

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Texts that have broken a parser, a database or a page somewhere. */
const oddTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\uD800',
  'x\uDFFFy',
  '\u202Egnp.exe',
  '\u2066a\u2069',
  '\uFEFF',
  '\u2028\u2029',
  'e\u0301'.repeat(50),
  '🏳️‍🌈'.repeat(20),
  'İstanbul',
  'ſ@example.com',
  'user@exämple.com',
  'a@b@c.example',
  '"><img src=x>',
  "' OR 1=1 --",
  '%s%n{{7*7}}<%= 7*7 %>',
  '../../etc/passwd',
  '..%2f..%2f',
  '\r\nSet-Cookie: a=b',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '9999-12-31T23:59:59.999Z',
  '+275760-09-13T00:00:00.000Z',
  '-000001-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '1e400',
  'NaN',
  'null',
  'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
  '__proto__',
  'constructor',
  '＜ｓｃｒｉｐｔ＞',
] as const;

const longTexts = [300, 5000, 30_000].flatMap((length) => [
  'a'.repeat(length),
  'é'.repeat(length / 2),
  '{'.repeat(length),
  `${'a'.repeat(length)}@example.com`,
]);

/** A text of any kind, well-formed or not. */
export const wildText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...oddTexts) },
  { weight: 1, arbitrary: fc.constantFrom(...longTexts) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
);

const oddNumbers = [0, -0, -1, 0.5, 1e308, 5e-324, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63, -(2 ** 63)];

/** A JSON value of any kind. */
export const wildValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: wildText },
  { weight: 3, arbitrary: fc.constantFrom(null, true, false, {}, [], [[]], [null], { a: { b: {} } }) },
  { weight: 3, arbitrary: fc.constantFrom(...oddNumbers) },
  { weight: 1, arbitrary: fc.constantFrom(10, 300, 900).map((depth) => JSON.parse(nested(depth)) as unknown) },
  { weight: 1, arbitrary: fc.constantFrom(20, 1500).map((length) => Array<string>(length).fill('x')) },
  { weight: 1, arbitrary: fc.constantFrom(20, 1500).map((count) => objectWith(count)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

function objectWith(count: number): unknown {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, index]));
}
