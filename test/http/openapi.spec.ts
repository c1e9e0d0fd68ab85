import type { OpenAPIObject } from '@nestjs/swagger';
import type { ErrorCode } from '../../src/common/errors.js';
import { ERRORS } from '../../src/common/errors.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, login, register } from '../support/http.js';

interface Schema {
  nullable?: boolean;
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  allOf?: Schema[];
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
}

interface Content {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Response {
  description: string;
  headers?: object;
  content?: Record<string, Content>;
}

interface Operation {
  operationId?: string;
  parameters?: object[];
  name: string;
  method: string;
  path: string;
  summary?: string;
  security?: object[];
  tags?: string[];
  requestBody?: { required?: boolean; content: Record<string, Content> };
  responses: Record<string, Response>;
}

let app: TestApp;
let document: OpenAPIObject;
let operations: Operation[];

beforeAll(async () => {
  app = await startApp({ env: { PUBLIC_URL: 'https://example.org/identity' } });
  document = (await call(app, 'GET', '/docs-json')).body as OpenAPIObject;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
      ...operation,
      responses: Object.fromEntries(
        Object.entries(operation.responses).map(([status, response]) => [status, resolveResponse(response)]),
      ),
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
    })),
  );
});
afterAll(() => app.close());

/** The errors that any request may get are in the document once. */
function resolveResponse(response: Response & { $ref?: string }): Response {
  const name = response.$ref?.split('/').at(-1);
  return name === undefined ? response : (document.components!.responses![name] as Response);
}

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components!.schemas![name] as Schema);
}

/** What Swagger UI shows of a schema. Throws where it would have to invent something. */
function sample(schema: Schema, at: string): unknown {
  const { type, example, properties, items, enum: values, default: preset } = resolve(schema);
  if (example !== undefined) return example;
  if (properties) {
    return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, sample(value, `${at}.${key}`)]));
  }
  if (items) return [sample(items, `${at}[]`)];
  if (preset !== undefined) return preset;
  if (values) return values[0];
  throw new Error(`${at} has no example (${type})`);
}

function sampleOf({ schema, example, examples }: Content, at: string): unknown {
  if (!schema) throw new Error(`${at} has no schema`);
  return example ?? Object.values(examples ?? {})[0]?.value ?? sample(schema, at);
}

it('every operation has a summary and belongs to one described group', () => {
  const groups = document.tags!.map(({ name, description }) => {
    expect(description).toBeTruthy();
    return name;
  });
  for (const { name, summary, tags } of operations) {
    expect({ name, summary, known: tags?.every((tag) => groups.includes(tag)), count: tags?.length }).toEqual({
      name,
      summary: expect.any(String),
      known: true,
      count: 1,
    });
  }
  expect([...new Set(operations.flatMap(({ tags }) => tags))].sort()).toEqual([...groups].sort());
});

it('every body and every response has a schema and an example', () => {
  for (const { name, requestBody, responses } of operations) {
    for (const content of Object.values(requestBody?.content ?? {})) sampleOf(content, `${name} body`);
    expect({ name, statuses: Object.keys(responses) }).toEqual({
      name,
      statuses: expect.arrayContaining([expect.stringMatching(/^(2..|302)$/), expect.stringMatching(/^4/)]),
    });
    for (const [status, { description, content }] of Object.entries(responses)) {
      expect({ name, status, description }).toEqual({ name, status, description: expect.stringMatching(/\S/) });
      if (status !== '204' && name !== 'POST /oauth/revoke')
        expect({ name, status, content }).toEqual({ name, status, content: expect.any(Object) });
      for (const one of Object.values(content ?? {})) sampleOf(one, `${name} ${status}`);
    }
  }
});

it('every error is documented as the problem that is sent, with an example for each code', () => {
  for (const { name, responses } of operations) {
    for (const [status, { content = {} }] of Object.entries(responses)) {
      // RFC 6749 section 5.2 is held by test/oauth.
      if (Number(status) < 400 || name === 'GET /health/ready' || name.startsWith('POST /oauth/')) continue;
      expect({ name, status, types: Object.keys(content) }).toEqual({
        name,
        status,
        types: ['application/problem+json'],
      });
      for (const [code, { value }] of Object.entries(content['application/problem+json']!.examples ?? {})) {
        expect(ERRORS[code as ErrorCode][0]).toBe(Number(status));
        expect(value).toMatchObject({ code, status: Number(status), type: 'about:blank' });
      }
    }
  }
});

it('an operation documents the errors of the guards before it, and no others', () => {
  for (const { name, method, responses, security } of operations) {
    if (name.startsWith('POST /oauth/')) continue;
    const codes = Object.values(responses).flatMap(({ content = {} }) =>
      Object.keys(content['application/problem+json']?.examples ?? {}),
    );
    expect({ name, crossSite: codes.includes('csrf_rejected') }).toEqual({ name, crossSite: method !== 'GET' });
    // To these, a bad token means signed out.
    if (
      ['GET /auth/session', 'POST /auth/email/link', 'POST /auth/email/verify'].includes(name) ||
      !security?.some((scheme) => 'bearer' in scheme)
    )
      continue;
    expect({ name, codes }).toEqual({ name, codes: expect.arrayContaining(['invalid_request', 'token_invalid']) });
  }
});

it('every operation documents what any request may get: it is malformed, too slow or has too large a head', () => {
  for (const { name, responses } of operations) {
    const statuses = Object.keys(responses);
    expect({ name, statuses }).toEqual({ name, statuses: expect.arrayContaining(['400', '408', '431']) });
  }
});

it('what it shows as an example of a body is a good body', async () => {
  const { user } = await register(app);
  await app.db.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [user.id]);
  const { access_token: token } = await login(app, user.email);
  const withBody = operations.filter(({ requestBody, path }) => requestBody && !path.startsWith('/oauth/'));
  expect(withBody.length).toBeGreaterThanOrEqual(8);
  for (const { name, method, path, requestBody } of withBody) {
    const body = sampleOf(Object.values(requestBody!.content)[0]!, name);
    const answer = await call(app, method, path.replace('{id}', user.id), { token, body });
    // No document can hold the token of a mail, or a one-time code.
    const refused =
      [400, 415].includes(answer.status) &&
      !['one_time_token_invalid', 'exchange_code_invalid'].includes(answer.body.code as string);
    expect({ name, body, refused }).toEqual({ name, body, refused: false });
  }
});

it('a body is required where the service needs one: not where a cookie will do', () => {
  const optional = operations.filter(({ requestBody }) => requestBody && !requestBody.required).map(({ name }) => name);
  expect(optional.sort()).toEqual(['POST /auth/logout', 'POST /auth/refresh']);
});

it('the server is the one that the document came from, under the path of PUBLIC_URL', () => {
  expect(document.servers).toEqual([{ url: '/identity' }]);
});

/** Secrets that a client sees once, and what services must know to refuse tokens. */
const shownOnce = ['client_secret', 'secrets', 'min_epoch', 'secret'];

it('nothing secret is shown: no schema has a password hash, an epoch or a token hash', () => {
  for (const [name, schema] of Object.entries(document.components!.schemas!)) {
    const keys = Object.keys((schema as Schema).properties ?? {}).filter((key) => !shownOnce.includes(key));
    expect({ name, keys: keys.filter((key) => /hash|epoch|secret|nonce|lane|generation/i.test(key)) }).toEqual({
      name,
      keys: [],
    });
  }
});

describe('what generated clients rely on', () => {
  const everySchema = () => schemasIn(document);
  const propertiesOf = <Property>(name: string) =>
    resolve({ $ref: name }).properties as unknown as Record<string, Property>;

  it('an operation id is a name of its own, without the class that handles it', () => {
    const ids = operations.map(({ operationId }) => operationId!);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+([A-Z][a-z]+)*$/.test(id))).toEqual([]);
    expect(ids).toEqual(expect.arrayContaining(['login', 'register', 'refresh', 'logout', 'getMe', 'listNotes']));
  });

  it('the pattern of an email address accepts capitals, as the service does', () => {
    const { email } = propertiesOf<{ pattern: string }>('Login');
    for (const address of ['ada@example.com', 'Ada.Lovelace@Example.COM', 'ADA@EXAMPLE.COM']) {
      expect(address).toMatch(new RegExp(email!.pattern));
    }
    expect('ada@example').toMatch(new RegExp(email!.pattern));
    expect('ada').not.toMatch(new RegExp(email!.pattern));
  });

  it('a nullable enum has null among its values', () => {
    for (const { nullable, enum: values } of everySchema()) if (nullable && values) expect(values).toContain(null);
    const { locale } = propertiesOf<Schema>('UpdateMe');
    expect(locale!.enum).toEqual(['en', 'ko', null]);
  });

  it('a field that may be left out of a request has no default, which generators take for required', () => {
    for (const { requestBody } of operations) {
      for (const { properties = {} } of schemasIn(requestBody)) {
        for (const property of Object.values(properties)) expect(property).not.toHaveProperty('default');
      }
    }
    const { delivery } = propertiesOf<{ description: string }>('Login');
    expect(delivery!.description).toMatch(/Default: `"body"`\.$/);
  });

  it('a response may gain fields, and a request has none that are unknown', () => {
    for (const { responses } of operations) {
      for (const schema of schemasIn(responses)) {
        if (schema.properties) expect(schema).not.toMatchObject({ additionalProperties: false });
      }
    }
    for (const { requestBody, path } of operations) {
      if (path.startsWith('/oauth/')) continue; // RFC 6749 section 3.2: unknown parameters are ignored
      for (const { schema } of Object.values(requestBody?.content ?? {})) {
        expect(resolve(schema!)).toMatchObject({ additionalProperties: false });
      }
    }
  });

  it('a number has no bounds that are those of JavaScript, and no pattern', () => {
    const numbers = everySchema().filter(({ type }) => type === 'integer' || type === 'number');
    expect(numbers.length).toBeGreaterThan(5);
    for (const schema of numbers) {
      expect(schema).not.toHaveProperty('pattern');
      expect(schema).not.toMatchObject({ maximum: Number.MAX_SAFE_INTEGER });
      expect(schema).not.toMatchObject({ minimum: Number.MIN_SAFE_INTEGER });
    }
  });

  it('says which headers tell when to try again, and which carry the device', () => {
    for (const { name, responses } of operations) {
      const headers = Object.keys(responses['429']?.headers ?? {});
      if (responses['429'])
        expect({ name, headers }).toEqual({ name, headers: ['Retry-After', 'RateLimit', 'RateLimit-Policy'] });
      if (responses['503'] && name !== 'GET /health/ready')
        expect(responses['503'].headers).toHaveProperty('Retry-After');
    }
    const signIn = operations.find(({ name }) => name === 'POST /auth/login')!;
    expect(signIn.parameters).toEqual([
      expect.objectContaining({ name: 'Pawl-Device', in: 'header', required: false }),
    ]);
    expect(signIn.responses['200']!.headers).toHaveProperty('Pawl-Device');
  });

  it('describes the cookies that stand for tokens in a browser', () => {
    expect(document.components!.securitySchemes).toMatchObject({
      accessCookie: { type: 'apiKey', in: 'cookie', name: '__Host-pawl_access' },
      refreshCookie: { type: 'apiKey', in: 'cookie', name: '__Host-pawl_refresh' },
    });
  });
});

/** Every object in a part of the document, those it refers to included. */
function schemasIn(part: unknown, seen = new Set<object>()): Schema[] {
  if (typeof part !== 'object' || part === null || seen.has(part)) return [];
  seen.add(part);
  const referred = '$ref' in part ? resolve(part as Schema) : undefined;
  return [part, ...[...Object.values(part), referred].flatMap((member) => schemasIn(member, seen))];
}
