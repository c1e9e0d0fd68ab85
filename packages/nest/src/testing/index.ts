export { signInAs, type TestCaller } from './sign-in-as.js';
export type { TestAlgorithm } from './signing-key.js';
export { startPawl, type StartPawlOptions } from './start-pawl.js';
export type { TestRevocation } from './test-feed.js';
export { createTestIssuer, type TestIssuer, type TestIssuerOptions } from './test-issuer.js';
export type { TestClient, TestPawl, TestSession, TestUser } from './test-pawl.js';
export type { TestServiceTokenOptions, TestTokenOptions } from './token-options.js';
