import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');
const identifier = String.raw`(?:CVE-\d{4}-\d{4,}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})`;

const document = readFileSync(join(root, 'docs/advisories.md'), 'utf8');
const rows = [
  ...document.matchAll(
    new RegExp(String.raw`^\| \[(${identifier})\]\((https://\S+)\) \| (.+) \| \x60(\S+)\x60 \|$`, 'gm'),
  ),
].map(([, id = '', url = '', cells = '', file = '']) => ({ id, url, cells: cells.split(' | '), file }));

/** The titles of the tests in a file. */
function titlesIn(file: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText(source) === 'it') {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) titles.push(title.text);
    }
    ts.forEachChild(node, visit);
  };
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
  visit(source);
  return titles;
}

const files = readdirSync(join(root, 'test/advisories'))
  .filter((name) => name.endsWith('.spec.ts'))
  .map((name) => `test/advisories/${name}`);
const tests = files.flatMap((file) => titlesIn(file).map((title) => ({ file, title })));

describe('docs/advisories.md', () => {
  it('lists exactly the advisories that have a test, each once and with its file', () => {
    const tested = tests.map(({ file, title }) => `${new RegExp(`^${identifier}`).exec(title)?.[0]} ${file}`);
    expect(rows.map(({ id, file }) => `${id} ${file}`).sort()).toEqual(tested.sort());
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });

  it('has at least forty of them', () => {
    expect(rows.length).toBeGreaterThanOrEqual(40);
  });

  it.each(tests)('$title: the name says which system, and what must hold', ({ title }) => {
    expect(title).toMatch(new RegExp(`^${identifier} \\([\\w. -]+\\): .{20,}`));
  });

  it.each(rows)('$id has a source, a system, what happened and what Pawl does', ({ url, cells }) => {
    expect(url).toMatch(/^https:\/\/(github\.com\/advisories\/GHSA-|nvd\.nist\.gov\/vuln\/detail\/CVE-)/);
    expect(cells).toHaveLength(3);
    for (const cell of cells) expect(cell.trim()).not.toBe('');
  });
});
