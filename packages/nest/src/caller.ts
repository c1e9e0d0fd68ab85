import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from './principal.js';

/** A symbol that two copies of this package share. */
const callerKey = Symbol.for('pawl:caller');

/** What a call carries its caller on: the request, the context of a GraphQL operation, a socket, the context of a message. */
export type CallerCarrier = { [callerKey]?: Principal } & object;

/** The caller that the guard has authenticated; undefined on a public route. */
export function callerOf(context: ExecutionContext): Principal | undefined {
  if (context.getType<string>() === 'http') return context.switchToHttp().getRequest<{ user?: Principal }>().user;
  return carrierOf(context)?.[callerKey];
}

/** The caller of an open WebSocket, for `handleConnection(client)` and whatever has the client at hand. */
export function callerOfSocket(client: object): Principal | undefined {
  return (client as CallerCarrier)[callerKey];
}

/** Remembers the caller of a call. HTTP requests show it as `request.user` too, where other libraries look for it. */
export function setCaller(context: ExecutionContext, caller: Principal): void {
  if (context.getType<string>() === 'http') {
    context.switchToHttp().getRequest<{ user?: Principal }>().user = caller;
    return;
  }
  const carrier = carrierOf(context);
  if (carrier) carrier[callerKey] = caller;
}

export function setCallerOfSocket(client: object, caller: Principal): void {
  (client as CallerCarrier)[callerKey] = caller;
}

function carrierOf(context: ExecutionContext): CallerCarrier | undefined {
  const carrier: unknown =
    context.getType<string>() === 'graphql'
      ? context.getArgByIndex(2)
      : context.getType() === 'ws'
        ? context.switchToWs().getClient()
        : context.switchToRpc().getContext();
  return typeof carrier === 'object' && carrier !== null ? carrier : undefined;
}
