import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Mutant {
  area: string;
  name: string;
  suites: string[];
  file: string;
  find: string;
  replace: string;
}

const root = join(import.meta.dirname, '../..');
const list = '../mutants/list.mjs';
const { mutants } = (await import(list)) as { mutants: Mutant[] };

it('there are mutants enough, each under a name of its own', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(120);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

it.each(mutants)('the mutant "$name" still finds what it replaces, once', ({ file, find, replace }) => {
  const source = readFileSync(join(root, file), 'utf8');
  expect(source.split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});

it('the tests that must kill them exist', () => {
  const folders = ['src', 'test', 'packages/nest', 'packages/client'];
  const specs = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((name) => name.endsWith('.spec.ts')),
  );
  const missing = mutants
    .flatMap(({ suites }) => suites)
    .filter((suite) => !specs.some((spec) => spec.includes(suite)));
  expect([...new Set(missing)]).toEqual([]);
});
