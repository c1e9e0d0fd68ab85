import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { logStatements, statementsDuring } from '../sessions/statement-log.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import { expectStatus, makeAdmin, register } from '../support/http.js';
import type { Parameters, RegisteredClient } from './clients.js';
import { basic, expectOAuthError, issuer, newClient, post, serviceToken, signInWith } from './clients.js';

const isClient = expect.stringMatching(/^SELECT c\.id/);
const isRotation = expect.stringMatching(/UPDATE sessions/);
const isSession = expect.stringMatching(/^SELECT/);
const isAssertion = expect.stringMatching(/^INSERT INTO .*client_assertions/);

/** The statements of a request to /oauth/*, from PostgreSQL's log. Authenticating the client is one statement. */
describe('the statements of', () => {
  let db: TestDatabase;
  let app: TestApp;
  let admin: Tokens;
  let client: RegisteredClient;

  beforeAll(async () => {
    db = await createTestDatabase();
    await logStatements(db);
    app = await startApp({ database: db });
    admin = await makeAdmin(app);
    client = await newClient(app, admin, { scope: 'a' });
  });
  afterAll(async () => {
    await app.close();
    await db.drop();
  });

  const ask = (path: string, form: Parameters, as = client) => post(app, path, form, basic(as));
  const ok = (path: string, form: Parameters) =>
    statementsDuring(db, () => expectStatus(post(app, path, form, basic(client)), 200));

  it('a token for a service: the client, and nothing else', async () => {
    expect(await ok('/oauth/token', { grant_type: 'client_credentials' })).toEqual([isClient]);
  });

  it('a refresh: the client, and the rotation', async () => {
    const { refresh_token } = await signInWith(app, client);
    const form = { grant_type: 'refresh_token', refresh_token };
    expect(await ok('/oauth/token', form)).toEqual([isClient, isRotation]);
  });

  it('a refresh of the built-in client, which has no row: the rotation alone', async () => {
    const { refresh_token } = await register(app);
    const form = { grant_type: 'refresh_token', refresh_token, client_id: 'pawl' };
    const spent = await statementsDuring(db, () => expectStatus(post(app, '/oauth/token', form), 200));
    expect(spent).toEqual([isRotation]);
  });

  it('introspection of an access token: the client; what was revoked is in memory', async () => {
    const { access_token: token } = await register(app);
    expect(await ok('/oauth/introspect', { token })).toEqual([isClient]);
    expect(await ok('/oauth/introspect', { token: await serviceToken(app, client) })).toEqual([isClient]);
  });

  it('introspection of a refresh token: the client, and the session', async () => {
    const { refresh_token: token } = await register(app);
    expect(await ok('/oauth/introspect', { token })).toEqual([isClient, isSession]);
  });

  it('an assertion: the client, and its first use', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [await exportJWK(publicKey)] } };
    const { client_id: id } = await newClient(app, admin, keys);
    const assertion = new SignJWT({ jti: 'once' }).setProtectedHeader({ alg: 'ES256' });
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion
        .setIssuer(id)
        .setSubject(id)
        .setAudience(issuer)
        .setExpirationTime(Math.floor(app.clock.nowSeconds()) + 60)
        .sign(privateKey),
    };
    const spent = await statementsDuring(db, () => expectStatus(post(app, '/oauth/token', form), 200));
    expect(spent).toEqual([isClient, isAssertion]);
  });

  it('a refused client are the same, known or not: the look for it', async () => {
    const wrong = { ...client, client_secret: 'wrong' };
    const unknown = { ...wrong, client_id: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e' };
    for (const as of [wrong, unknown]) {
      const refused = () => expectOAuthError(ask('/oauth/introspect', { token: 'x' }, as), 401, 'invalid_client');
      const spent = await statementsDuring(db, refused);
      // The trail's row is written beside, whenever that is.
      expect(spent.filter((statement) => !statement.includes('audit_events'))).toEqual([isClient]);
    }
  });

  it.each(['/oauth/token', '/oauth/introspect', '/oauth/revoke'])('%s without a client: none', async (path) => {
    const form = { grant_type: 'client_credentials', token: 'x' };
    expect(await statementsDuring(db, () => expectOAuthError(post(app, path, form), 401, 'invalid_client'))).toEqual(
      [],
    );
  });
});
