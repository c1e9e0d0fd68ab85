import type { ExecutionContext } from '@nestjs/common';
import { bearerToken } from './bearer-token.js';
import { tokenOfMessage } from './message-token.js';
import { tokenOfSocket } from './socket-token.js';

interface Request {
  headers?: Record<string, unknown>;
}

/** What resolvers find in the context of an operation, whichever server runs it. */
interface GraphqlContext {
  req?: Request & { extra?: { request?: Request }; connectionParams?: unknown };
  request?: Request;
  /** graphql-ws */
  extra?: { request?: Request };
  connectionParams?: unknown;
}

/** The access token that was sent with a call, not verified yet; undefined if there is none. */
export function sentToken(context: ExecutionContext): string | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return tokenOfRequest(context.switchToHttp().getRequest<Request>());
    case 'graphql':
      return tokenOfOperation(context.getArgByIndex<GraphqlContext | undefined>(2));
    case 'ws':
      return tokenOfSocket(context.switchToWs().getClient<object>());
    case 'rpc':
      return tokenOfMessage(context.switchToRpc().getContext<unknown>(), context.switchToRpc().getData<unknown>());
    default:
      return undefined;
  }
}

function tokenOfRequest(request: Request | undefined): string | undefined {
  return bearerToken(request?.headers?.['authorization']);
}

/** A subscription is authorised by the parameters of its connection, or else by the request that opened the WebSocket. */
function tokenOfOperation(context: GraphqlContext | undefined): string | undefined {
  if (!context) return undefined;
  const { req, request, extra, connectionParams } = context;
  return (
    tokenOfParameters(connectionParams ?? req?.connectionParams) ??
    tokenOfRequest(req ?? request) ??
    tokenOfRequest(extra?.request ?? req?.extra?.request)
  );
}

function tokenOfParameters(parameters: unknown): string | undefined {
  if (typeof parameters !== 'object' || parameters === null) return undefined;
  const { authorization, Authorization } = parameters as Record<string, unknown>;
  return bearerToken(authorization ?? Authorization);
}
