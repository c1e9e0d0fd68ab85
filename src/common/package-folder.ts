import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder with Pawl's package.json: the checkout, or the installed package. It is the same from src/, from dist/ and from
 * the bundle, which lie at different depths.
 */
export const packageFolder = folderWithPackageJson(import.meta.dirname);

export function packageVersion(): string {
  const text = readFileSync(join(packageFolder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function folderWithPackageJson(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : folderWithPackageJson(dirname(folder));
}
