import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { namesTest } from './named-tests.js';

const text = readFileSync(join(import.meta.dirname, '../../docs/security.md'), 'utf8');

/** Rows `| 6.5.7, 6.5.8 | about | met | the test that shows it, or the reason |`. */
const rows = [...text.matchAll(/^\| (\d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*) \| [^|]+ \| (\S+) \| (.+) \|$/gm)].map(
  ([, items = '', met = '', reason = '']) => ({ items, met, reason }),
);

/** How many items each section of OWASP ASVS 5.0 has. */
const sections: Readonly<Record<string, number>> = {
  ...{ '6.1': 3, '6.2': 12, '6.3': 8, '6.4': 6, '6.5': 8, '6.6': 4, '6.7': 2, '6.8': 4 },
  ...{ '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 3, '7.6': 2 },
  ...{ '9.1': 3, '9.2': 4 },
  ...{ '10.1': 2, '10.2': 3, '10.3': 5, '10.4': 16, '10.5': 5, '10.6': 2, '10.7': 3 },
};

/** The tests that a text names: `file`: "title". */
const testsIn = (part: string) =>
  [...part.matchAll(/`((?:src|test)\/[\w./-]+\.spec\.ts)`: "([^"]+)"/g)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));

describe('docs/security.md', () => {
  it('has every item of chapters 6, 7, 9 and 10 of OWASP ASVS 5.0, in order', () => {
    const expected = Object.entries(sections).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, i) => `${section}.${i + 1}`),
    );
    expect(rows.flatMap(({ items }) => items.split(', '))).toEqual(expected);
  });

  it.each(testsIn(text))('names a test that exists: $file, "$title"', ({ file, title }) => {
    expect(namesTest(file, title)).toBe(true);
  });

  it.each(rows)('judges $items, with a reason', ({ met, reason }) => {
    expect(['yes', 'partly', 'no', 'n/a']).toContain(met);
    // A test, a document or a file shows each item that is met.
    if (met === 'yes') expect(reason).toMatch(/`(src|test)\/|\]\(|there (is|are)|field|see \d/);
  });
});
