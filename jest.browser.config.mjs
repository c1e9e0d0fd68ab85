import config from './jest.config.mjs';

/** The tests that drive a real Chromium, one after the other: `npm run test:browser`. */
export default {
  ...config,
  roots: ['<rootDir>/test'],
  testMatch: ['<rootDir>/test/browser/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
