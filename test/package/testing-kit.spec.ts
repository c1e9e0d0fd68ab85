import { execFile } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';

const root = join(import.meta.dirname, '../..');
const fixture = join(root, 'packages/nest/test/testing/fixture/kit.test.mjs');
const run = promisify(execFile);

let parent: string;
/** The packages `pawl` and `@pawl/nest`, as they are published. */
let tarballs: string[];

/** What the user's own terminal has: no setting of the tests, and nothing of the npm that runs them. */
const env = { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1' };

async function pack(folder: string): Promise<string> {
  const args = ['pack', '--ignore-scripts=false', '--silent', '--pack-destination', parent];
  const { stdout } = await run('npm', args, { cwd: folder, env });
  return join(parent, stdout.trim().split('\n').at(-1)!);
}

/** A project of a user of the packages: `versions` of NestJS and of a test runner. */
async function createProject(name: string, type: 'commonjs' | 'module', versions: object): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type, dependencies: versions }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--silent', ...tarballs], { cwd: folder, env });
  return folder;
}

function nest(major: string): Record<string, string> {
  const names = ['common', 'core', 'platform-express', 'testing'];
  return {
    ...Object.fromEntries(names.map((name) => [`@nestjs/${name}`, major])),
    'reflect-metadata': '0.2.2',
    rxjs: '7.8.2',
  };
}

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'pawl-kit-'));
  await chmod(parent, 0o755);
  tarballs = [await pack(root), await pack(join(root, 'packages/nest'))];
}, 15 * 60_000);
afterAll(() => rm(parent, { recursive: true, force: true }));

it(
  'the testing kit works under Jest 30, in a CommonJS project with NestJS 11 and without any configuration',
  async () => {
    const folder = await createProject('jest', 'commonjs', { ...nest('11'), jest: '30' });
    const source = readFileSync(fixture, 'utf8').replace('./test-api.mjs', './test-api.js');
    const { code } = transformSync(source, { format: 'cjs', target: 'node20', platform: 'node' });
    await writeFile(join(folder, 'kit.test.js'), code);
    await writeFile(
      join(folder, 'test-api.js'),
      'module.exports = { afterAll, afterEach, beforeAll, describe, expect, it };',
    );
    const { stderr } = await run(process.execPath, ['node_modules/jest/bin/jest.js'], { cwd: folder, env });
    expect(stderr).toMatch(/Tests: +\d+ passed/);
  },
  15 * 60_000,
);

it(
  'the testing kit works under Vitest, in a project of ES modules with NestJS 12',
  async () => {
    const folder = await createProject('vitest', 'module', { ...nest('12'), vitest: '4' });
    cpSync(fixture, join(folder, 'kit.test.mjs'));
    const api = `export { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';\n`;
    await writeFile(join(folder, 'test-api.mjs'), api);
    const { stdout } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run'], { cwd: folder, env });
    expect(stdout).toMatch(/Tests +\d+ passed/);
  },
  15 * 60_000,
);
