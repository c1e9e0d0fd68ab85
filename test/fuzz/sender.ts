import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import type { Memory } from './memory.js';
import type { Header } from './odd-headers.js';
import type { PlannedBody } from './planned-body.js';
import { mutate } from './planned-body.js';
import type { PlannedRequest } from './planned-request.js';
import type { Prepared } from './preparations.js';

/** A request as it is sent. */
export interface SentRequest {
  method: string;
  path: string;
  headers: readonly Header[];
  body: Buffer | undefined;
  /** The body as JSON, if it was sent whole and under its own media type. */
  json?: unknown;
}

export interface Received {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
}

const tooLargeBytes = 70 * 1024;
/** A stream of events does not end by itself. */
const streamMediaType = 'text/event-stream';

/** Fills a plan with what the service has given, and writes its body. */
export function toSent(
  plan: PlannedRequest,
  memory: Memory,
  credential: readonly Header[],
  prepared: Prepared = {},
): SentRequest {
  const path = plan.operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const { value, raw } = plan.pathParameters[name]!;
    return prepared.path?.[name] ?? encode(memory.recall(value), raw);
  });
  const query = plan.query
    .filter(({ name }) => prepared.query?.[name] === undefined)
    .map(({ name, value, raw }) => (raw ? encode(name, true) : `${encode(name)}=${encode(memory.recall(value))}`));
  for (const [name, value] of Object.entries(prepared.query ?? {})) query.push(`${encode(name)}=${encode(value)}`);
  const { body } = plan;
  const value = body && body.mutations.reduce(mutate, filled(plan, memory, prepared));
  const bytes = body && damaged(body, value);
  const mediaType: Header[] = body?.mediaType === undefined ? [] : [['Content-Type', body.mediaType]];
  return {
    method: plan.method,
    path: query.length > 0 ? `${path}?${query.join('&')}` : path,
    headers: [...credential, ...mediaType, ...plan.headers],
    body: bytes,
    ...(body?.damage === 'none' && body.mediaType === plan.operation.body?.mediaType && { json: value }),
  };
}

function filled({ body, prepared: use }: PlannedRequest, memory: Memory, { body: members }: Prepared): unknown {
  const value = memory.recall(body?.value);
  if (!members) return value;
  return use === 'whole' || typeof value !== 'object' ? members : { ...value, ...members };
}

/** Percent-encodes a text. One that is not well-formed becomes something that is no UTF-8. */
function encode(value: unknown, raw = false): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (raw) return text;
  return text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80';
}

function damaged({ mediaType, damage }: PlannedBody, value: unknown): Buffer {
  const text = mediaType === 'application/x-www-form-urlencoded' ? toForm(value) : JSON.stringify(value);
  const whole = Buffer.from(text);
  const opened = text.endsWith('}') && text.length > 2 ? text.slice(0, -1) : '{"a":1';
  switch (damage) {
    case 'none':
      return whole;
    case 'empty':
      return Buffer.alloc(0);
    case 'white space':
      return Buffer.from(' \n\t ');
    case 'cut':
      return whole.subarray(0, whole.length >> 1);
    case 'doubled':
      return Buffer.from(text + text);
    case 'duplicate member':
      return Buffer.from(`${opened},${opened.slice(1)}}`);
    case 'trailing comma':
      return Buffer.from(`${opened},}`);
    case 'utf-16':
      return Buffer.from(text, 'utf16le');
    case 'byte order mark':
      return Buffer.from(`\uFEFF${text}`);
    case 'invalid utf-8':
      return Buffer.concat([whole, Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80])]);
    case 'too large':
      return Buffer.concat([Buffer.alloc(tooLargeBytes, ' '), whole]);
    case '__proto__':
      return Buffer.from(`${opened},"__proto__":{"role":"admin"},"constructor":{"prototype":{"a":1}}}`);
  }
}

function toForm(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${encode(value)}=`;
  return Object.entries(value)
    .map(([name, member]) => `${encode(name)}=${encode(member)}`)
    .join('&');
}

/** Sends requests over connections that stay open. */
export class Sender {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(private readonly url: string) {}

  async send({ method, path, headers, body }: SentRequest): Promise<Received> {
    const { hostname, port, host } = new URL(this.url);
    const all: Header[] = headers.some(([name]) => name === 'Host') ? [] : [['Host', host]];
    all.push(...headers, ['Content-Length', String(body?.length ?? 0)]);
    return new Promise((resolve, reject) => {
      const options = { agent: this.agent, hostname, port, method, path, headers: all.flat() };
      const outgoing = request(options, (incoming) => void received(incoming).then(resolve, reject));
      const fail = (cause: Error) => reject(new Error(`${method} ${path.slice(0, 80)}: ${cause.message}`, { cause }));
      outgoing.once('error', fail).end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

async function received(incoming: IncomingMessage): Promise<Received> {
  const { statusCode, headers } = incoming;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (headers['content-type']?.startsWith(streamMediaType)) break;
  }
  return { status: statusCode!, headers, text: Buffer.concat(chunks).toString() };
}
