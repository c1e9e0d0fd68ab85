import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { TestApp } from '../../../test/support/app.js';
import { startApp } from '../../../test/support/app.js';
import { call } from '../../../test/support/http.js';
import { bundle } from './bundle.js';

const root = join(import.meta.dirname, '../../..');
const source = join(import.meta.dirname, '../src');
const maxGzippedBytes = 6 * 1024;
const run = promisify(execFile);

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'pawl-client-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the types of the API', () => {
  let app: TestApp;
  beforeAll(async () => (app = await startApp()));
  afterAll(() => app.close());

  it('are those of the OpenAPI document: after a change of the API, run npm run client:types', async () => {
    const [document, types] = [join(folder, 'openapi.json'), join(folder, 'api-types.ts')];
    await writeFile(document, JSON.stringify((await call(app, 'GET', '/docs-json')).body));
    const cli = join(root, 'node_modules/openapi-typescript/bin/cli.js');
    await run(process.execPath, [cli, document, `--output=${types}`], { cwd: root });
    const [generated, committed] = await Promise.all([
      readFile(types, 'utf8'),
      readFile(join(source, 'api-types.ts'), 'utf8'),
    ]);
    const lines = committed.split('\n');
    expect(
      generated
        .split('\n')
        .filter((line, at) => line !== lines[at])
        .slice(0, 1),
    ).toEqual([]);
    expect(generated.length).toBe(committed.length);
  });
});

describe('the package', () => {
  it.each(['index.ts', 'react.ts', 'server.ts'])('%s is at most 6 KiB gzipped', async (entry) => {
    const code = await bundle(join(source, entry), { external: ['react'] });
    expect(code).not.toContain('openapi-fetch');
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(maxGzippedBytes);
  });

  it('imports nothing at run time, and React only in its entry for React', async () => {
    const imported: string[] = [];
    for (const file of await readdir(source)) {
      const text = await readFile(join(source, file), 'utf8');
      for (const [, name] of text.matchAll(/^import (?!type )[^']*'([^'.][^']*)'/gm)) imported.push(`${file}: ${name}`);
    }
    expect(imported).toEqual(['react.ts: react']);
  });

  it.each([
    ['publint', ['publint/src/cli.js', '--strict']],
    ['attw', ['@arethetypeswrong/cli/dist/index.js', '--profile=esm-only', '--format=ascii']],
  ])('passes %s as npm packs it', async (_name, [program, ...options]) => {
    const pack = ['pack', '--ignore-scripts=false', '--silent', '--pack-destination', folder];
    const { stdout } = await run('npm', pack, { cwd: join(root, 'packages/client') });
    const tarball = join(folder, stdout.trim().split('\n').at(-1)!);
    // A finding makes it exit with an error.
    const checked = await run(process.execPath, [join(root, 'node_modules', program!), tarball, ...options], {
      cwd: folder,
    });
    expect(checked.stderr).toBe('');
  });
});
