import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ErrorCode } from '../../src/common/errors.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, newEmail, register } from '../support/http.js';
import { rawCall, rawSocket } from '../support/raw-http.js';

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startApp();
  token = (await register(app)).access_token;
});
afterAll(() => app.close());

const json = ['Content-Type', 'application/json'] as const;

function post(path: string, body: string | Uint8Array, headers: readonly (readonly [string, string])[] = [json]) {
  return rawCall(app, { method: 'POST', path, headers, body });
}

const authorized = () => ['Authorization', `Bearer ${token}`] as const;

/** Still the same service after whatever was sent. */
afterEach(() => expectStatus(call(app, 'GET', '/health/live'), 200));

describe('a body', () => {
  const login = JSON.stringify({ email: newEmail(), password: goodPassword });

  it.each([
    ['text/plain'],
    ['text/plain; charset=utf-8'],
    ['text/plain; application/json'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['application/jsonp'],
    ['application/vnd.api+json'],
    ['text/json'],
    ['application/xml'],
    ['json'],
    ['*/*'],
    [''],
  ])('of type "%s" is 415 unsupported_media_type', async (type) => {
    await expectProblem(post('/auth/login', login, [['Content-Type', type]]), 415, 'unsupported_media_type');
  });

  it('of no type at all is 415 unsupported_media_type', async () => {
    await expectProblem(post('/auth/login', login, []), 415, 'unsupported_media_type');
  });

  it.each([
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
    'application/json ',
  ])('of type "%s" is read', async (type) => {
    await expectProblem(post('/auth/login', login, [['Content-Type', type]]), 401, 'invalid_credentials');
  });

  it.each<[string, string | Uint8Array]>([
    ['an open brace', '{'],
    ['a word', 'hello'],
    ['two documents', '{}{}'],
    ['a trailing comma', '{"email":"a@example.com",}'],
    ['single quotes', "{'email':'a@example.com'}"],
    ['spaces only', '   '],
    ['NaN', '{"email":NaN}'],
    ['a raw line break in a text', '{"email":"a\n"}'],
    ['a bad escape', '{"email":"\\x"}'],
    ['a truncated Unicode escape', '{"email":"\\ud8"}'],
    ['invalid UTF-8', Buffer.concat([Buffer.from('{"email":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])],
    ['an overlong UTF-8 form', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0x80]), Buffer.from('"}')])],
    [
      'a surrogate in UTF-8',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
    ['UTF-16', Buffer.from(login, 'utf16le')],
    ['60 KB of open brackets', '['.repeat(60_000)],
    ['60 KB of open objects', '{"a":'.repeat(12_000)],
    ['a __proto__ key', '{"__proto__":{"email":"a@example.com"}}'],
    ['an escaped __proto__ key', '{"\\u005f_proto__":{"role":"admin"}}'],
    ['a __proto__ key deep inside', '{"a":[{"b":{"__proto__":1}}]}'],
    ['a constructor.prototype key', '{"constructor":{"prototype":{"role":"admin"}}}'],
  ])('that is %s is 400 malformed_json', async (_, body) => {
    await expectProblem(post('/auth/login', body), 400, 'malformed_json');
    await expectProblem(post('/auth/refresh', body), 400, 'malformed_json');
  });

  it.each<[string, string]>([
    ['an array', '[]'],
    ['null', 'null'],
    ['a number', '1'],
    ['a text', '"email"'],
    ['nested 30,000 deep', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['objects 10,000 deep', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
    ['10,000 unknown keys', JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i])))],
  ])('that is JSON but %s is 400 validation_failed', async (_, body) => {
    await expectProblem(post('/auth/login', body), 400, 'validation_failed');
  });

  it('of 64 KiB is read, and of a byte more 413 payload_too_large, with or without a Content-Length', async () => {
    const ofSize = (bytes: number) => {
      const empty = JSON.stringify({ email: newEmail(), password: '' });
      return JSON.stringify({ email: newEmail(), password: 'x'.repeat(bytes - empty.length) });
    };
    await expectProblem(post('/auth/login', ofSize(64 * 1024)), 401, 'invalid_credentials');
    await expectProblem(post('/auth/login', ofSize(64 * 1024 + 1)), 413, 'payload_too_large');
    const chunked = `POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const body = ofSize(64 * 1024 + 1);
    expect(await rawSocket(app, `${chunked}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 413 /,
    );
  });

  it('is not needed by logout and refresh: none, an empty one and {} are the same', async () => {
    for (const path of ['/auth/refresh', '/auth/logout']) {
      const code: ErrorCode = path === '/auth/refresh' ? 'refresh_missing' : 'token_missing';
      await expectProblem(post(path, ''), 401, code);
      await expectProblem(post(path, '', []), 401, code);
      await expectProblem(post(path, '{}'), 401, code);
      const bare = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      expect(await rawSocket(app, bare)).toContain(`"code":"${code}"`);
    }
    const signedIn = await register(app);
    const answer = await post('/auth/logout', '', [json, ['Authorization', `Bearer ${signedIn.access_token}`]]);
    expect(answer.status).toBe(204);
  });

  it.each(['constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'with the unknown member %s is 400 validation_failed: no member is removed silently',
    async (member) => {
      const body = JSON.stringify({ [member]: 'x' });
      await expectProblem(post('/auth/passkeys/options', body), 400, 'validation_failed');
    },
  );

  it('names at most 50 findings, each with its path', async () => {
    const { body } = await expectProblem(
      call(app, 'POST', '/auth/register', { body: { email: 'no', password: 7, delivery: 'pigeon', role: 'admin' } }),
      400,
      'validation_failed',
    );
    const { errors } = body as { errors: { path: string; message: string }[] };
    expect(errors.map(({ path }) => path)).toEqual(expect.arrayContaining(['email', 'password', 'delivery']));
    expect(errors.some(({ message }) => message.includes('role'))).toBe(true);
    expect(errors.length).toBeLessThanOrEqual(50);
  });
});

describe('U+0000 and lone surrogates are 400 validation_failed, never 500', () => {
  it.each([
    ['U+0000', '\\u0000'],
    ['a lone high surrogate', '\\ud800'],
    ['a lone low surrogate', '\\udc00'],
    ['surrogates in the wrong order', '\\udc00\\ud800'],
  ])('%s in a value, deep in a value, in a key', async (_, escape) => {
    const note = (text: string) => post('/notes', text, [json, authorized()]);
    for (const body of [
      `{"email":"a${escape}@example.com","password":"${goodPassword}"}`,
      `{"email":"${newEmail()}","password":"${goodPassword}${escape}"}`,
      `{"email":"${newEmail()}","password":"${goodPassword}","name":"${escape}"}`,
      `{"email":"${newEmail()}","password":"${goodPassword}","x":[[{"y":"${escape}"}]]}`,
      `{"email":"${newEmail()}","password":"${goodPassword}","${escape}":1}`,
    ]) {
      await expectProblem(post('/auth/register', body), 400, 'validation_failed');
      await expectProblem(post('/auth/login', body), 400, 'validation_failed');
    }
    await expectProblem(post('/auth/refresh', `{"refresh_token":"${escape}"}`), 400, 'validation_failed');
    await expectProblem(post('/auth/logout', `{"refresh_token":"${escape}"}`), 400, 'validation_failed');
    await expectProblem(note(`{"title":"a${escape}"}`), 400, 'validation_failed');
    await expectProblem(note(`{"title":"a","body":"${escape}"}`), 400, 'validation_failed');
  });

  it.each(['%00', 'a%00b', '%EF%BF%BD%00'])('%s in the query', async (text) => {
    for (const query of [`cursor=${text}`, `limit=${text}`, `unknown=${text}`, `${text}=1`]) {
      const answer = rawCall(app, { path: `/notes?${query}`, headers: [authorized()] });
      await expectProblem(answer, 400, 'validation_failed');
    }
  });

  it.each(['%ED%A0%80', '%zz', '%', '%c3%28', '%E0%A4'])(
    '%s in the query is not percent-encoded text, and is read literally',
    async (text) => {
      const ask = (query: string) => rawCall(app, { path: `/notes?${query}`, headers: [authorized()] });
      await expectProblem(ask(`cursor=${text}`), 400, 'validation_failed');
      expect((await ask(`unknown=${text}`)).status).toBe(200);
    },
  );

  it('well-formed text of every plane is stored and returned unchanged', async () => {
    const title = 'ẞ 日本 🎉 \u{10FFFF} \ufffd \u200d';
    const note = await expectStatus(call(app, 'POST', '/notes', { token, body: { title } }), 201);
    expect(note).toMatchObject({ title });
  });
});

describe('a path', () => {
  it.each([
    ['POST', '/'],
    ['GET', '/nope'],
    ['GET', '/auth'],
    ['GET', '/auth/login'],
    ['PUT', '/auth/login'],
    ['DELETE', '/auth/me'],
    ['PATCH', '/notes'],
    ['OPTIONS', '/auth/login'],
    ['TRACE', '/auth/me'],
    ['PROPFIND', '/notes'],
    ['GET', '/AUTH/ME'],
    ['GET', '/auth/me/'],
    ['GET', '//auth/me'],
    ['GET', '/auth/../auth/me'],
    ['GET', '/.env'],
    ['GET', '/docs/../../package.json'],
    ['GET', '/docs/%2e%2e/%2e%2e/package.json'],
    ['GET', '/docs/..%2f..%2fpackage.json'],
  ])('without a route is 404 not_found: %s %s', async (method, path) => {
    await expectProblem(rawCall(app, { method, path }), 404, 'not_found');
  });

  it.each(['', '?after=1'])(
    'of the revocation feed is 404 not_found for a method it has not, with the query "%s"',
    async (query) => {
      await expectProblem(rawCall(app, { method: 'POST', path: `/oauth/revocations${query}` }), 404, 'not_found');
    },
  );

  it('without a route is 404 whatever the body is', async () => {
    await expectProblem(post('/nope', '{'), 404, 'not_found');
    await expectProblem(post('/nope', 'a=b', [['Content-Type', 'text/plain']]), 404, 'not_found');
    await expectProblem(post('/nope', JSON.stringify('x'.repeat(70_000))), 404, 'not_found');
  });

  it.each(['/notes/%zz', '/%', '/notes/%ED%A0%80', '/notes/%c3%28', '/auth/me%'])(
    'that cannot be decoded is 400 invalid_request: %s',
    async (path) => {
      await expectProblem(rawCall(app, { path, headers: [authorized()] }), 400, 'invalid_request');
    },
  );

  it.each([
    'x',
    '%00',
    '0',
    '00000000-0000-0000-0000-00000000000',
    '00000000-0000-0000-0000-0000000000000',
    'a'.repeat(200),
    'a'.repeat(10_000),
    '%F0%9F%8E%89',
    "';DROP TABLE notes;--",
  ])('with a malformed id is 404 not_found: %s', async (id) => {
    const path = `/notes/${encodeURI(decodeURI(id)).replaceAll('%2500', '%00')}`;
    await expectProblem(rawCall(app, { path, headers: [authorized()] }), 404, 'not_found');
    await expectProblem(rawCall(app, { method: 'DELETE', path, headers: [authorized()] }), 404, 'not_found');
  });

  it('of Swagger UI reports a range or a condition that cannot be met as a problem too', async () => {
    for (const header of [
      ['Range', 'bytes=999999999-'],
      ['If-Match', '"another"'],
    ] as const) {
      const answer = rawCall(app, { path: '/docs/swagger-ui.css', headers: [header] });
      await expectProblem(answer, 400, 'invalid_request');
    }
  });

  it('of a protected route is decoded once, and matched as it was decoded', async () => {
    await expectProblem(rawCall(app, { path: '/%61uth/me' }), 401, 'token_missing');
    await expectProblem(rawCall(app, { path: '/%2561uth/me' }), 404, 'not_found');
  });
});

describe('what is not a request', () => {
  it.each<[string, string, number, ErrorCode]>([
    ['no HTTP', 'hello\r\n\r\n', 400, 'invalid_request'],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'invalid_request'],
    ['a NUL in the path', 'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'invalid_request'],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n', 400, 'invalid_request'],
    [
      'two lengths: request smuggling',
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'invalid_request',
    ],
    ['20 KB of one header', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['a URL of 20 KB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers_too_large'],
  ])('%s: a problem is sent and the connection is closed', async (_, bytes, status, code) => {
    const answer = await rawSocket(app, bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/^content-type: application\/problem\+json/im);
    const [, requestId] = /^x-request-id: (\S+)/im.exec(head) ?? [];
    expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', status, code, instance: requestId });
  });

  it('HTTP/1.1 without Host is 400 invalid_request', async () => {
    const answer = await rawSocket(app, 'GET /auth/me HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*x-request-id: [^]*"code":"invalid_request"/);
  });

  it('an unknown expectation is ignored, and the request is served', async () => {
    const bytes = 'GET /auth/me HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nConnection: close\r\n\r\n';
    expect(await rawSocket(app, bytes)).toMatch(/^HTTP\/1.1 401 [^]*"code":"token_missing"/);
  });

  it('a request that takes too long to arrive is 408 request_timeout', async () => {
    const server = app.nest.getHttpServer();
    // Node checks its timeout every half minute; here the check runs at once.
    server.once('connection', (socket: Socket) => {
      socket.once('data', () => {
        const tooSlow = Object.assign(new Error('too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
        server.emit('clientError', tooSlow, socket);
      });
    });
    const answer = await rawSocket(app, 'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Le');
    expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n[^]*"code":"request_timeout"/);
  });

  it('a client that hangs up in the middle of its body does no harm', async () => {
    const { hostname, port } = new URL(app.url);
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(
            'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
          );
          socket.destroy();
        });
        socket.once('close', () => resolve());
      });
    }
    await expectStatus(call(app, 'GET', '/auth/me', { token }), 200);
  });
});
