import type { OpenAPIObject } from '@nestjs/swagger';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, register } from '../support/http.js';
import { startAppForTest } from '../support/per-test.js';
import { rawCall } from '../support/raw-http.js';

/** Every public operation. Every other one answers 401 without a token. */
const openOperations = [
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/jwks.json',
  'GET /auth/providers',
  'GET /auth/providers/{provider}/callback',
  'GET /auth/providers/{provider}/start',
  'GET /auth/session',
  'GET /health/live',
  'GET /health/ready',
  'POST /auth/email/link',
  'POST /auth/email/resend',
  'POST /auth/email/verify',
  'POST /auth/link',
  'POST /auth/link/login',
  'POST /auth/login',
  'POST /auth/login/factor',
  'POST /auth/logout',
  'POST /auth/passkeys/login',
  'POST /auth/passkeys/options',
  'POST /auth/password/forgot',
  'POST /auth/password/reset',
  'POST /auth/providers/exchange',
  'POST /auth/refresh',
  'POST /auth/register',
  'POST /oauth/introspect',
  'POST /oauth/revoke',
  'POST /oauth/token',
];

/** Routes that are not operations of the API: Swagger UI, the document, metrics (test/operations), pages (test/mail, test/browser). */
const undocumentedRoutes = [
  /^GET \/$/,
  /^GET \/docs(\/.*|-json|-yaml)?$/,
  /^GET \/metrics$/,
  // The pages, and what they are made of (test/browser/web).
  /^GET \/token$/,
  /^GET \/admin(\/(apps|events|outbox|state|users\/\{id\}))?$/,
  /^GET \/account(\/[a-z-]+(\.css|\/\{name\})?)?$/,
  // Sends the browser on to the GET of the same path (test/identities).
  /^POST \/auth\/providers\/\{provider\}\/callback$/,
  /^GET \/dev\/mail(\/\{id\}(\/(source|html))?)?$/,
];

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

let app: TestApp;
let document: OpenAPIObject;

beforeAll(async () => {
  app = await startApp();
  document = (await call(app, 'GET', '/docs-json')).body as OpenAPIObject;
});
afterAll(() => app.close());

/** Such as `GET /notes/{id}`. */
function documentedOperations(): string[] {
  return Object.entries(document.paths)
    .flatMap(([path, item]) => methods.filter((method) => item[method]).map((m) => `${m.toUpperCase()} ${path}`))
    .sort();
}

/** The routes of Fastify's router, read from the tree that it prints: `GET /notes/{id}`. */
function routes(): string[] {
  const tree = app.nest.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const found: string[] = [];
  const parents: string[] = [];
  for (const line of tree.split('\n').filter(Boolean)) {
    const [, indent = '', text = '', verbs = ''] = /^([│ ]*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    const depth = indent.length / 4;
    parents.length = depth;
    parents.push(text);
    const path = parents.join('').replaceAll(/:(\w+)/g, '{$1}');
    for (const verb of verbs.split(', ').filter(Boolean)) if (verb !== 'HEAD') found.push(`${verb} ${path}`);
  }
  return found.sort();
}

function request(operation: string) {
  const [method = '', path = ''] = operation.split(' ');
  const exampleId = '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e';
  return { method, path: path.replace('{id}', exampleId) };
}

it('the router’s tree is parsed correctly', () => {
  expect(routes()).toEqual(expect.arrayContaining(['GET /auth/me', 'POST /auth/logout-all', 'DELETE /notes/{id}']));
});

it('every route is documented, and every documented operation is a route', () => {
  const ours = routes().filter((route) => !undocumentedRoutes.some((pattern) => pattern.test(route)));
  expect(ours).toEqual(documentedOperations());
});

it('every operation that is not on the list of public ones answers 401 token_missing without a token', async () => {
  const closed = documentedOperations().filter((operation) => !openOperations.includes(operation));
  expect(closed.length).toBeGreaterThan(10);
  for (const operation of closed) {
    const { method, path } = request(operation);
    // Whatever is sent with it: a caller that is refused learns nothing about the parameters.
    for (const body of [undefined, '{}', '{"title":7}']) {
      const headers = body === undefined ? [] : ([['Content-Type', 'application/json']] as const);
      const answer = await rawCall(app, { method, path, headers, body });
      const { headers: answered } = await expectProblem(answer, 401, 'token_missing');
      expect(answered.get('www-authenticate')).toBe('Bearer realm="pawl"');
    }
    await expectProblem(rawCall(app, { method, path: path.replace(/[\w-]{36}$/, 'x') }), 401, 'token_missing');
  }
});

it('every operation on the list of public ones exists and needs no token', async () => {
  expect(documentedOperations()).toEqual(expect.arrayContaining(openOperations));
  const { access_token: token } = await register(app);
  for (const operation of openOperations.filter((open) => open !== 'POST /auth/logout')) {
    const { method, path } = request(operation);
    const { body } = await call(app, method, path);
    expect((body as { code?: string }).code).not.toBe('token_missing');
    // An invalid token does not close it either.
    expect((await call(app, method, path, { token: 'bad' })).status).toBe((await call(app, method, path)).status);
  }
  // Signing out needs a token that names the session.
  expect((await call(app, 'POST', '/auth/logout', { token })).status).toBe(204);
});

/** Public operations that look at the tokens of a request. */
const readsTokens = ['POST /auth/logout', 'GET /auth/session', 'POST /auth/email/link', 'POST /auth/email/verify'];

/** A browser sends the access cookie instead of a token. The refresh token is in its own cookie or in the body. */
function securityOf(operation: string, needsToken: boolean): object[] {
  const readsRefreshCookie = ['POST /auth/refresh', ...readsTokens].includes(operation);
  return [
    ...(needsToken ? [{ bearer: [] }, { accessCookie: [] }] : []),
    ...(readsRefreshCookie ? [{ refreshCookie: [] }, {}] : []),
  ];
}

it('the document says of the same operations that they need a token', () => {
  for (const operation of documentedOperations()) {
    const { method, path } = { method: operation.split(' ')[0]!.toLowerCase(), path: operation.split(' ')[1]! };
    const { security, responses } = document.paths[path]![method as (typeof methods)[number]]!;
    const closed = !openOperations.includes(operation);
    const needsToken = closed || readsTokens.includes(operation);
    if (/^POST \/oauth\//.test(operation)) expect(security).toContainEqual({ client: [] });
    else expect({ operation, security }).toEqual({ operation, security: securityOf(operation, needsToken) });
    expect({ operation, is401: '401' in responses }).toEqual({
      operation,
      is401: closed || /login|logout|refresh|providers\/exchange|\/oauth\//.test(operation),
    });
  }
});

it('a user without the role gets 403 forbidden on every operation of admins, whatever is sent', async () => {
  const { access_token: token } = await register(app);
  const ofAdmins = documentedOperations().filter((operation) => / \/(users|admin)\b/.test(operation));
  expect(ofAdmins.length).toBeGreaterThanOrEqual(7);
  for (const operation of ofAdmins) {
    const { method, path } = request(operation);
    await expectProblem(call(app, method, path, { token }), 403, 'forbidden');
    await expectProblem(call(app, method, path.replace(/[\w-]{36}$/, 'x'), { token }), 403, 'forbidden');
  }
});

it('without DOCS nothing of them is served', async () => {
  const plain = await startAppForTest({ env: { DOCS: 'off' } });
  for (const path of ['/docs', '/docs/', '/docs-json', '/docs-yaml', '/docs/swagger-ui.css']) {
    await expectProblem(call(plain, 'GET', path), 404, 'not_found');
  }
});

it('a path with a trailing slash is another path: 404, for every operation', async () => {
  for (const operation of documentedOperations()) {
    const { method, path } = request(operation);
    const { status } = await rawCall(app, { method, path: `${path}/` });
    expect({ operation, status }).toEqual({ operation, status: 404 });
  }
});
