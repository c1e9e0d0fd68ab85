import type { ExecutionContext } from '@nestjs/common';
import type { AccessError, AccessErrorCode } from '../access-error.js';
import { exceptionTypes } from './exception-types.js';

/** What the guard throws for a refusal, in the terms of the transport. The caller receives the problem in each of them. */
export function refusalFor(context: ExecutionContext, error: AccessError, challengeParameters = ''): Error {
  const { WsException, RpcException } = exceptionTypes;
  switch (context.getType<string>()) {
    case 'http':
      setHeaders(context.switchToHttp().getResponse(), error.headers(challengeParameters));
      return error;
    case 'ws':
      sendToWs(context.switchToWs().getClient(), error);
      return WsException ? new WsException(error.problem) : error;
    case 'rpc':
      return RpcException ? new RpcException(messageError(context.switchToRpc().getContext<unknown>(), error)) : error;
    default:
      return error;
  }
}

/** Does what NestJS 12 does with an exception, and NestJS 11 does not. */
function sendToWs(client: { readyState?: unknown; send?(data: string): void }, { problem }: AccessError): void {
  if (exceptionTypes.sendsToWs || typeof client.readyState !== 'number') return;
  client.send?.(JSON.stringify({ event: 'exception', data: problem }));
}

/** Express and Fastify alike. */
function setHeaders(response: { header?(name: string, value: string): unknown }, headers: Record<string, string>) {
  for (const [name, value] of Object.entries(headers)) response.header?.(name, value);
}

/** The status codes of gRPC (google.rpc.Code). */
const grpcCodes: Readonly<Record<number, number>> = { 401: 16, 403: 7, 503: 14 };

interface GrpcMetadata {
  getMap(): unknown;
  set(name: string, value: string): void;
}

/** gRPC has a status code, a text and metadata; the code of Pawl is in the metadata `pawl-code`. Others get the problem. */
function messageError(context: unknown, error: AccessError): object {
  if (typeof (context as GrpcMetadata | undefined)?.getMap !== 'function') return error.problem;
  const Metadata = (context as GrpcMetadata).constructor as new () => GrpcMetadata;
  const metadata = new Metadata();
  metadata.set('pawl-code', error.code satisfies AccessErrorCode);
  const { status, detail } = error.problem;
  return { code: grpcCodes[status] ?? 2, message: detail, details: detail, metadata };
}
