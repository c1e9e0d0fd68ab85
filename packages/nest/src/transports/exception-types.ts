/** Exceptions that carry a refusal to the client of a transport. */
type ExceptionType = new (error: object) => Error;

/** Loaded once: the packages of other transports are optional. */
export const exceptionTypes: {
  WsException?: ExceptionType;
  RpcException?: ExceptionType;
  /** Whether NestJS sends an exception to a client of `ws`. Before version 12 it does so for socket.io only. */
  sendsToWs?: boolean;
} = {};

/** Loads the exceptions of the transports that are installed. */
export async function loadExceptionTypes(): Promise<void> {
  const websockets = await ifInstalled(() => import('@nestjs/websockets'));
  exceptionTypes.WsException ??= websockets?.WsException;
  exceptionTypes.sendsToWs ??= websockets && 'isNativeWebSocket' in websockets.BaseWsExceptionFilter.prototype;
  exceptionTypes.RpcException ??= (await ifInstalled(() => import('@nestjs/microservices')))?.RpcException;
}

async function ifInstalled<Package>(load: () => Promise<Package>): Promise<Package | undefined> {
  try {
    return await load();
  } catch (error) {
    // Of an ES module, of a CommonJS one.
    const code = (error as { code?: unknown }).code;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
