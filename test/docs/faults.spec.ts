import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { namesTest } from './named-tests.js';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/faults.md'), 'utf8');

const named = [...text.matchAll(/`(test\/faults\/[\w./-]+\.spec\.ts)`: "([^"]+)"/g)].map(
  ([, file = '', title = '']) => ({
    file,
    title,
  }),
);
const files = readdirSync(join(root, 'test/faults'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.spec.ts'))
  .map((path) => `test/faults/${path}`);

describe('docs/faults.md', () => {
  it.each(named)('names a test that exists: $file: $title', ({ file, title }) => {
    expect(namesTest(file, title)).toBe(true);
  });

  it('names every file with faults', () => {
    expect([...new Set(named.map(({ file }) => file))].sort()).toEqual(files.sort());
  });

  it('names a test for each fault', () => {
    const section = text.slice(text.indexOf('## The faults'), text.indexOf('## Commits that are lost'));
    const rows = section.split('\n').filter((line) => /^\| [A-Z]/.test(line));
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter((row) => !/"[^"]+" \|$/.test(row))).toEqual([]);
  });
});
