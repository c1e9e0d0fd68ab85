import { availableParallelism } from 'node:os';

/** What all projects have in common: jest's ESM mode on the TypeScript sources, and one PostgreSQL for the whole run. */
const shared = {
  // Modules are loaded once per worker instead of once per test file: see the comment in runtime.cjs.
  runtime: '<rootDir>/test/support/jest/runtime.cjs',
  testEnvironment: '<rootDir>/test/support/jest/environment.cjs',
  setupFilesAfterEnv: ['<rootDir>/test/support/jest/after-each.ts'],
  globalSetup: '<rootDir>/test/support/postgres-global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/postgres-global-teardown.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  // The sources say `./x.js` and mean ./x.ts. Packages contain both now and then, so .js comes first.
  moduleNameMapper: {
    '^(\\.{1,2}/.+)\\.js$': '$1',
    '^@pawl/client$': '<rootDir>/packages/client/src/index.ts',
    '^@pawl/client/(.+)$': '<rootDir>/packages/client/src/$1.ts',
  },
  moduleFileExtensions: ['js', 'mjs', 'cjs', 'ts', 'json', 'node'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
};

const project = (displayName, ...testMatch) => ({
  ...shared,
  displayName,
  roots: ['<rootDir>/src', '<rootDir>/packages', '<rootDir>/test'],
  modulePathIgnorePatterns: ['<rootDir>/packages/[^/]+/dist/'],
  testMatch: testMatch.map((pattern) => `<rootDir>/${pattern}`),
});

/** `npm test` runs the project `service`, `npm run test:browser` the project `browser`, and so on: see scripts/test.mjs. */
export default {
  projects: [
    project(
      'service',
      '{src,packages/*/src,packages/*/test}/**/*.spec.ts',
      'test/!(browser|pooler|abuse|package|faults|vectors)/**/*.spec.ts',
      'test/faults/*.spec.ts', // the short form
    ),
    project('browser', 'test/browser/**/*.spec.ts'), // needs a Chromium
    project('pooler', 'test/pooler/**/*.spec.ts'), // needs Debian's pgbouncer
    project('abuse', 'test/abuse/**/*.spec.ts'), // needs Debian's hydra and redis-server
    project('fuzz', 'test/fuzz/**/*.spec.ts'), // sends 100,000 requests; `service` has its short form
    project('faults', 'test/faults/long/*.spec.ts'), // takes minutes; needs Debian's haproxy, and root for a disk of its own
    project('vectors', 'test/vectors/**/*.spec.ts'), // needs a clone of C2SP/wycheproof
    project('package', 'test/package/**/*.spec.ts'), // installs the package from its tarball
  ],
  testSequencer: '<rootDir>/test/support/jest/sequencer.cjs',
  // Ends what hangs. No test depends on how fast the machine is, so this is far from what any of them needs.
  testTimeout: 5 * 60_000,
  // Tests wait more than they compute: two workers more than there are cores keep these busy.
  maxWorkers: availableParallelism() + 2,
  // A worker keeps its modules, and what leaks with them.
  workerIdleMemoryLimit: '1.5GB',
};
