import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { layerOf, mayImport } from '../architecture/layers.js';
import { packageFiles, sourceFiles } from '../architecture/source-files.js';

const text = readFileSync(join(import.meta.dirname, '../../docs/architecture.md'), 'utf8');

/** `| 4 | `users`, `tokens` | ... |`, a folder each. */
const documented = [...text.matchAll(/^\| (\d) \| ([^|]+) \|/gm)].flatMap(([, row, folders = '']) =>
  [...folders.matchAll(/`([a-z/]+)`/g)].map(([, folder = '']) => ({ folder, row: Number(row) })),
);

describe('the layer table of docs/architecture.md', () => {
  it('has every folder that the source has, and no other', () => {
    const layers = [...sourceFiles(), ...packageFiles()].map(({ path }) => layerOf(path));
    const folders = new Set(layers.filter((layer) => layer !== '.'));
    expect(documented.map(({ folder }) => folder).sort()).toEqual([...folders].sort());
  });

  it.each(documented)('has the same row for $folder as the import test', ({ folder, row }) => {
    for (const other of documented) {
      const mayUseCommon = row === 0 && !folder.startsWith('packages/');
      const allowed = other.row < row || other.folder === folder || (mayUseCommon && other.folder === 'common');
      expect({ other, allowed: mayImport(`${folder}/a.ts`, `${other.folder}/b.ts`) }).toEqual({ other, allowed });
    }
  });
});
