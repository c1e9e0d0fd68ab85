import config from './jest.config.mjs';

/** The tests that run Debian's pgbouncer between the service and its database: `npm run test:pooler`. */
export default {
  ...config,
  roots: ['<rootDir>/test'],
  testMatch: ['<rootDir>/test/pooler/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
