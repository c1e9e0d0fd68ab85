import type { Context } from '@opentelemetry/api';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { PeriodicJobs } from '../../src/database/periodic-job.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, goodPassword, login, refresh, register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callerSpanId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${callerSpanId}-01`;

interface Line {
  msg?: string;
  route?: string;
  code?: string;
  trace_id?: string;
  span_id?: string;
}

describe('without an SDK', () => {
  it('the log of a request has the ids of a well-formed traceparent, and the response is the same', async () => {
    const log = recordingDestination();
    const app = await startAppForTest({ env: { LOG_LEVEL: 'info' }, logDestination: log });
    const plain = await expectProblem(call(app, 'GET', '/auth/me'), 401, 'token_missing');
    const traced = await expectProblem(
      call(app, 'GET', '/auth/me', { headers: { traceparent } }),
      401,
      'token_missing',
    );
    const malformed = { traceparent: `${traceparent}\u00e9"},{"a":"` };
    await expectProblem(call(app, 'GET', '/auth/me', { headers: malformed }), 401, 'token_missing');
    const lines = log.entries<Line>().filter(({ route }) => route === '/auth/me');
    expect(lines.map(({ trace_id, span_id }) => [trace_id, span_id])).toEqual([
      [undefined, undefined],
      [traceId, callerSpanId],
      [undefined, undefined],
    ]);
    expect({ ...traced.body, instance: '' }).toEqual({ ...plain.body, instance: '' });
    expect(traced.headers.get('traceparent')).toBeNull();
  });
});

describe('with an SDK', () => {
  const exporter = new InMemorySpanExporter();
  const log = recordingDestination();
  /** Of which spans were started. */
  const contexts = new Set<Context>();
  let provider: NodeTracerProvider;
  let app: TestApp;

  beforeAll(async () => {
    const watcher: SpanProcessor = {
      onStart: (_span, parent) => void contexts.add(parent),
      onEnd: () => undefined,
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter), watcher] });
    provider.register();
    app = await startApp({ env: { LOG_LEVEL: 'info' }, logDestination: log });
  });
  afterAll(async () => {
    await app.close();
    await provider.shutdown();
    for (const api of [trace, context, propagation]) api.disable();
  });
  beforeEach(() => exporter.reset());

  const idOf = (span: ReadableSpan) => span.spanContext().spanId;

  /** Waits for the server span, which ends after the response. */
  async function serverSpan(name: string): Promise<ReadableSpan> {
    for (;;) {
      const found = exporter.getFinishedSpans().find((span) => span.kind === SpanKind.SERVER && span.name === name);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const childrenOf = (parent: ReadableSpan) =>
    exporter.getFinishedSpans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === idOf(parent));

  it('a request is a server span with the template of its route', async () => {
    const { access_token: token } = await register(app);
    const id = '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e';
    const { headers } = await call(app, 'GET', `/notes/${id}?limit=7`, { token });
    const span = await serverSpan('GET /notes/:id');
    expect(span.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/notes/:id',
      'http.response.status_code': 404,
      'http.response.header.x-request-id': [headers.get('x-request-id')],
      'network.protocol.version': '1.1',
      'pawl.error.code': 'not_found',
      'server.address': 'localhost',
      'server.port': 3000,
      'url.scheme': 'http',
    });
    // A refusal is not an error of the server (semantic conventions for HTTP spans).
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(childrenOf(span).map(({ name }) => name)).toEqual(['SELECT notes']);
  });

  it('a path without a route makes no name of what the caller sent', async () => {
    await call(app, 'PROPFIND', '/made-up-7f3a');
    const span = await serverSpan('HTTP');
    expect(span.attributes).toMatchObject({ 'http.request.method': '_OTHER', 'http.response.status_code': 404 });
    expect(JSON.stringify(span.attributes)).not.toMatch(/made-up|PROPFIND/);
  });

  it('a refresh that rotates has one statement below it', async () => {
    const { refresh_token: token } = await register(app);
    exporter.reset();
    await expectStatus(refresh(app, token), 200);
    const span = await serverSpan('POST /auth/refresh');
    const [statement, ...more] = childrenOf(span);
    expect(more).toEqual([]);
    expect(statement!.kind).toBe(SpanKind.CLIENT);
    expect(statement!.attributes).toMatchObject({
      'db.system.name': 'postgresql',
      'db.query.summary': 'UPDATE sessions SELECT users',
      'db.query.text': expect.stringMatching(/^\s*UPDATE sessions s\s+SET generation = s\.generation \+ 1/),
    });
  });

  it('a sign-in shows the wait for the hash, and its statements', async () => {
    const { user } = await register(app);
    exporter.reset();
    await login(app, user.email);
    const children = childrenOf(await serverSpan('POST /auth/login'));
    const hash = children.find(({ name }) => name === 'password.verify')!;
    expect(hash.events.map(({ name }) => name)).toEqual(['started']);
    expect(children.map(({ name }) => name)).toContain('UPDATE users INSERT sessions INSERT audit_events');
  });

  it('an error of the service is an error of its span, without the message', async () => {
    const broken = await startAppForTest({ logDestination: log });
    const { access_token: token } = await register(broken);
    await broken.db.query('ALTER TABLE notes RENAME TO moved');
    exporter.reset();
    await expectProblem(call(broken, 'GET', '/notes', { token }), 500, 'internal_error');
    const span = await serverSpan('GET /notes');
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span.attributes).toMatchObject({ 'error.type': 'internal_error', 'http.response.status_code': 500 });
    const [statement] = childrenOf(span);
    expect(statement!.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(statement!.attributes['error.type']).toBe('42P01');
    expect(statement!.events).toEqual([]);
  });

  it('no span has a secret or personal data: addresses, names, user ids, tokens, passwords, network addresses', async () => {
    const email = 'grace.hopper@secret-domain.example';
    const name = 'Grace Brewster';
    const agent = 'AgentOfGrace/1.0';
    const headers = { 'user-agent': agent };
    const body = { email, password: goodPassword, name };
    const { body: tokens } = await call(app, 'POST', '/auth/register?from=campaign', { body, headers });
    const { body: again } = await call(app, 'POST', '/auth/login', {
      body: { email, password: goodPassword },
      headers,
    });
    await call(app, 'POST', '/auth/login', { body: { email, password: 'a wrong password' }, headers });
    await call(app, 'POST', '/auth/register', { body, headers });
    await expectStatus(refresh(app, again.refresh_token as string), 200);
    await call(app, 'GET', '/auth/me', { token: tokens.access_token as string, headers });
    await call(app, 'POST', '/auth/logout', { token: tokens.access_token as string, headers });
    await call(app, 'POST', '/auth/password/forgot', { body: { email }, headers });
    await serverSpan('POST /auth/logout');
    const spans = exporter.getFinishedSpans();
    expect(spans.length).toBeGreaterThan(20);
    const text = JSON.stringify(
      spans.map(({ name: spanName, attributes, events, status, links }) => ({
        spanName,
        attributes,
        events,
        status,
        links,
      })),
    );
    const [row] = await app.db.query('SELECT password_hash FROM users WHERE email = $1', [email]);
    const secrets = [
      email,
      'secret-domain',
      name,
      agent,
      goodPassword,
      'wrong password',
      '127.0.0.1',
      'campaign',
      row!.password_hash,
    ];
    for (const secret of [...secrets, tokens.user.id, tokens.access_token, tokens.refresh_token, again.refresh_token]) {
      expect(text).not.toContain(secret);
    }
    const sessions = await app.db.query('SELECT id FROM sessions WHERE user_id = $1', [tokens.user.id]);
    for (const { id } of sessions) expect(text).not.toContain(id);
  });

  it('a traceparent makes the caller the parent, and decides nothing else', async () => {
    const headers = { traceparent, baggage: 'userId=somebody' };
    const answer = await expectProblem(call(app, 'GET', '/auth/me', { headers }), 401, 'token_missing');
    const span = await serverSpan('GET /auth/me');
    expect(span.spanContext().traceId).toBe(traceId);
    expect(span.parentSpanContext).toMatchObject({ spanId: callerSpanId, isRemote: true });
    expect(JSON.stringify(answer.body)).not.toContain(traceId);
    expect(answer.headers.get('traceparent')).toBeNull();
  });

  it('a malformed traceparent starts a new trace', async () => {
    await call(app, 'GET', '/auth/me', { headers: { traceparent: '00-zzz' } });
    expect((await serverSpan('GET /auth/me')).parentSpanContext).toBeUndefined();
  });

  it('what a stranger wrote as baggage goes no further', async () => {
    await call(app, 'GET', '/auth/me', { headers: { traceparent, baggage: 'userId=somebody' } });
    await serverSpan('GET /auth/me');
    await register(app);
    expect(contexts.size).toBeGreaterThan(3);
    expect([...contexts].filter((one) => propagation.getBaggage(one) !== undefined)).toEqual([]);
  });

  it('the lines of a request have the ids of its span', async () => {
    log.lines.length = 0;
    await call(app, 'POST', '/auth/refresh', { body: { refresh_token: 'nonsense' } });
    const span = await serverSpan('POST /auth/refresh');
    const line = log.entries<Line>().find(({ route }) => route === '/auth/refresh');
    expect(line).toMatchObject({ code: 'refresh_invalid', trace_id: span.spanContext().traceId, span_id: idOf(span) });
  });

  it('periodic jobs make no traces of their own', async () => {
    await app.nest.get(PeriodicJobs).runAllNow();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
