import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Mutant {
  name: string;
  file: string;
  find: string;
  replace: string;
}

const list = '../mutants/list.mjs';
const { mutants } = (await import(list)) as { mutants: Mutant[] };

it('there are mutants enough, each under a name of its own', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(10);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

it.each(mutants)('the mutant "$name" still finds what it replaces, once', ({ file, find, replace }) => {
  const source = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  expect(source.split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});
