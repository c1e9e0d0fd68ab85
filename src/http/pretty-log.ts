import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** Writes one readable line per entry: a request as a sentence, everything else after its context. */
export function prettyLog(): DestinationStream {
  const format = prettyFactory({
    colorize: process.stdout.isTTY,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,context,req_id,method,route,status,ms',
    messageFormat: (line) => sentence(line),
  });
  return { write: (line) => process.stdout.write(format(line)) };
}

/** The fields that become the sentence. A request has a method, every other entry a message. */
type Line = Partial<Record<'context' | 'msg' | 'method' | 'route' | 'status' | 'ms', string>>;

function sentence({ context, msg, method, route, status, ms }: Line): string {
  return method === undefined ? [context, msg].filter(Boolean).join(': ') : `${method} ${route} ${status} in ${ms} ms`;
}
