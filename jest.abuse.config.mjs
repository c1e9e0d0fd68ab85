import config from './jest.config.mjs';

/** The tests that need Debian's hydra and redis-server: `npm run test:abuse`. */
export default {
  ...config,
  roots: ['<rootDir>/test'],
  testMatch: ['<rootDir>/test/abuse/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
