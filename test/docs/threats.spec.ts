import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { namesTest } from './named-tests.js';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/refresh-tokens.md'), 'utf8');

/** The rows of its two tables about threats and honest clients: the first cell, and the tests that the last cell names. */
const rows = [...text.matchAll(/^\| ([A-Z][^|]+) \| [^|]+ \| (`(?:src|test)\/.+) \|$/gm)].map(
  ([, threat = '', cell = '']) => ({
    threat,
    tests: cell
      .split('<br>')
      .map((item) => /^`((?:src|test)\/[\w./-]+\.spec\.ts)`: "([^"]+)"$/.exec(item)?.slice(1) ?? item),
  }),
);

describe('docs/refresh-tokens.md', () => {
  it('names threats', () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows)('names tests that exist: $threat', ({ tests }) => {
    for (const test of tests) {
      expect(test).toHaveLength(2);
      const [file = '', title = ''] = test;
      expect(namesTest(file, title) ? 'exists' : `${file}: ${title}`).toBe('exists');
    }
  });

  it('has no row whose tests cannot be read', () => {
    const tables = text.slice(text.indexOf('## Threats'), text.indexOf('## How others do it'));
    const bodyRows = tables.split('\n').filter((line) => /^\| [A-Z]/.test(line));
    expect(bodyRows).toHaveLength(rows.length);
  });
});
