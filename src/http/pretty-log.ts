import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** One line each, for a person at a terminal: a request in a sentence, everything else with its context before it. */
export function pretty(): DestinationStream {
  const format = prettyFactory({
    colorize: process.stdout.isTTY,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,context,req_id,method,route,status,ms',
    messageFormat: (line) => sentence(line),
  });
  return { write: (line) => process.stdout.write(format(line)) };
}

/** What a line of the log may hold of these; requests have a method, the others a message. */
type Line = Partial<Record<'context' | 'msg' | 'method' | 'route' | 'status' | 'ms', string>>;

function sentence({ context, msg, method, route, status, ms }: Line): string {
  return method === undefined ? [context, msg].filter(Boolean).join(': ') : `${method} ${route} ${status} in ${ms} ms`;
}
