import { ownImportsOf, sourceFiles } from './source-files.js';

/** Files with fewer users, and why they still belong here. */
const exceptions = new Map([
  ['address-block', 'one rule for what counts as one address, for limits and the queue of hashes'],
  ['html', 'one way to escape HTML, for emails and pages'],
]);

const files = sourceFiles().filter(({ path }) => !path.endsWith('.spec.ts'));
const shared = files.map(({ path }) => /^common\/(.+)\.ts$/.exec(path)?.[1]).filter((name) => name !== undefined);

/** The folders that import a file of `common/`. */
function usersOf(name: string): string[] {
  const importers = files.filter((file) => ownImportsOf(file).includes(`common/${name}.ts`));
  return [...new Set(importers.map(({ path }) => path.split('/', 1)[0]!))].filter((folder) => folder !== 'common');
}

describe('common/', () => {
  it.each(shared)('%s is used by three folders or more', (name) => {
    if (!exceptions.has(name)) expect(usersOf(name).length).toBeGreaterThanOrEqual(3);
  });

  it.each([...exceptions.keys()])('%s still needs its exception', (name) => {
    expect(shared).toContain(name);
    expect(usersOf(name).length).toBeLessThan(3);
  });
});
