import { availableParallelism } from 'node:os';

/** Jest in ESM mode on the TypeScript sources: needs `node --experimental-vm-modules`, which `npm test` gives it. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/browser/',
    '<rootDir>/test/pooler/',
    '<rootDir>/test/abuse/',
  ],
  globalSetup: '<rootDir>/test/support/postgres-global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/postgres-global-teardown.mjs',
  testTimeout: 60_000,
  // The tests wait more than they compute: a machine with two cores runs two files at a time.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  extensionsToTreatAsEsm: ['.ts'],
  // The sources say `./x.js` and mean ./x.ts. Packages hold both now and then, so .js comes first.
  moduleNameMapper: { '^(\\.{1,2}/.+)\\.js$': '$1' },
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
