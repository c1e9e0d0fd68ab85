import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { OperatorError } from '../common/operator-error.js';
import { packageFolder } from '../common/package-folder.js';

/** What `packages/web` is built into. */
const folder = join(packageFolder, 'packages/web/dist');

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** A file of the pages, in memory. Its name changes with its content. */
export interface WebFile {
  type: string;
  content: Buffer;
  gzipped: Buffer;
}

export interface WebFiles {
  /** index.html as it was built. */
  html: string;
  assets: ReadonlyMap<string, WebFile>;
}

/** Reads the pages once. Throws an OperatorError if they were not built. */
export function readWebFiles(): WebFiles {
  const index = join(folder, 'index.html');
  if (!existsSync(index)) {
    throw new OperatorError('The pages are not built: run npm run build, or set PAGES=off.');
  }
  const assets = new Map<string, WebFile>();
  for (const name of readdirSync(join(folder, 'assets'))) {
    const content = readFileSync(join(folder, 'assets', name));
    const type = types[extname(name)] ?? 'application/octet-stream';
    assets.set(name, { type, content, gzipped: gzipSync(content, { level: 9 }) });
  }
  return { html: readFileSync(index, 'utf8'), assets };
}
