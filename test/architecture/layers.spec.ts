import { layerOf, mayImport } from './layers.js';
import {
  hasDefaultExport,
  loadsComputedModule,
  ownImportsOf,
  packageFiles,
  parse,
  readsEnvironment,
  sourceFiles,
} from './source-files.js';

const files = [...sourceFiles(), ...packageFiles()];

describe('the layer table', () => {
  it.each([
    ['auth/login.ts', 'sessions/ratchet.ts', true],
    ['sessions/ratchet.ts', 'auth/login.ts', false],
    ['auth/login.ts', 'account/profile.ts', false],
    ['auth/login.ts', 'access/cookies.ts', true],
    ['users/users.service.ts', 'tokens/access-token.ts', false],
    ['mail/outbox.ts', 'emails/email-composer.ts', false],
    ['http/problem-filter.ts', 'oauth/form.ts', true],
    ['cli/audit.ts', 'http/logger.ts', false],
    ['config/config.ts', 'common/clock.ts', true],
    ['config/config.ts', 'secrets/bytes.ts', false],
    ['common/clock.ts', 'config/config.ts', false],
    ['database/embedded/cluster.ts', 'database/prisma.service.ts', true],
    ['notes/notes.service.ts', 'app.module.ts', false],
    ['main.ts', 'app.setup.ts', true],
    ['misc/anything.ts', 'common/clock.ts', false],
    ['common/errors.ts', 'packages/nest/principal.ts', false],
    ['access/roles.guard.ts', 'packages/nest/principal.ts', true],
    ['packages/nest/caller.ts', 'packages/nest/decorators/public.ts', true],
    ['packages/nest/caller.ts', 'common/clock.ts', false],
    ['http/openapi.ts', 'packages/client/client.ts', false],
  ])('%s may import %s: %s', (importer, imported, allowed) => {
    expect(mayImport(importer, imported)).toBe(allowed);
  });

  it('finds every way to name another file', () => {
    const file = parse(
      'notes/notes.service.ts',
      `import type { A } from '../common/a.js'; export * from './b.js'; void import('../database/c.js'); import 'zod';
      import { D } from '#pawl/nest/decorators/d.js'; import D = require('../d/d.cjs'); let e: import('../e/e.js').E;
      require('../f/f.js'); void import(\`../g/g.js\`); module.require('../h/h.js');`,
    );
    expect(ownImportsOf(file)).toEqual([
      ...['common/a.ts', 'notes/b.ts', 'database/c.ts', 'packages/nest/decorators/d.ts'],
      ...['d/d.cts', 'e/e.ts', 'f/f.ts', 'g/g.ts', 'h/h.ts'],
    ]);
  });

  it.each(['void import(name)', "require('../' + folder)"])('finds a module with a computed name: %s', (text) =>
    expect(loadsComputedModule(parse('notes/x.ts', text))).toBe(true),
  );
});

describe('the source', () => {
  it.each(['main.ts', 'packages/nest/principal.ts'])('includes %s', (path) => {
    expect(files.map((file) => file.path)).toContain(path);
  });

  it('is TypeScript', () => {
    expect(files.map((file) => file.path).filter((path) => !path.endsWith('.ts'))).toEqual([]);
  });

  it('loads no module by a computed name, and makes require() only to find files of packages', () => {
    expect(files.filter(loadsComputedModule).map((file) => file.path)).toEqual([]);
    const makers = files.filter((file) => /\bcreateRequire\b/.test(file.tree.getText())).map((file) => file.path);
    expect(makers.sort()).toEqual([
      'database/embedded/binaries.ts',
      'database/migrations/schema-engine.ts',
      'packages/nest/testing/pawl-process.ts',
    ]);
  });

  it('has a layer for every folder', () => {
    expect(files.filter((file) => layerOf(file.path) === undefined).map((file) => file.path)).toEqual([]);
  });

  it('imports only from lower layers', () => {
    const upward = files.flatMap((file) =>
      ownImportsOf(file)
        .filter((imported) => !mayImport(file.path, imported))
        .map((imported) => `${file.path} imports ${imported}`),
    );
    expect(upward).toEqual([]);
  });

  it('reads the environment in config/ and main.ts only', () => {
    const readers = files.filter(readsEnvironment).map((file) => file.path);
    // They hand the system's own variables (PATH and its like) to other programs; no setting is among them.
    const exceptions = ['main.ts', 'database/embedded/run-program.ts', 'packages/nest/testing/pawl-process.ts'];
    expect(readers.filter((path) => !exceptions.includes(path) && layerOf(path) !== 'config')).toEqual([]);
  });

  it.each(['process.env.X', 'process["env"]', 'const { env } = process', 'import { env } from "node:process"'])(
    'would be caught reading it as %s',
    (text) => expect(readsEnvironment(parse('notes/x.ts', text))).toBe(true),
  );

  it('has no default exports', () => {
    expect(files.filter(hasDefaultExport).map((file) => file.path)).toEqual([]);
    expect(hasDefaultExport(parse('x.ts', 'export default class X {}'))).toBe(true);
    expect(hasDefaultExport(parse('x.ts', 'const x = 1; export default x;'))).toBe(true);
  });

  it('has no barrels and no folder for leftovers', () => {
    // The entries of a published package are the only index.ts.
    const leftovers = /^(?!packages\/\w+\/(testing\/)?index\.ts$)(.*\/)?(index\.ts|utils?\/|helpers?\/|shared\/)/;
    expect(files.map((file) => file.path).filter((path) => leftovers.test(path))).toEqual([]);
  });
});
