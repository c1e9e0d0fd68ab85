import { bearerToken } from './bearer-token.js';

/** The request that opened a WebSocket. */
export interface HandshakeRequest {
  headers: Record<string, unknown>;
}

/** A client of socket.io. */
interface SocketIoClient {
  handshake?: { auth?: Record<string, unknown>; headers?: Record<string, unknown> };
}

const tokenKey = Symbol.for('pawl:token');
const protocolPrefix = 'bearer.';

/**
 * The token of the handshake: the header `Authorization`, or for browsers, which cannot set headers here, a subprotocol
 * `bearer.<token>` beside the application's own. It is never read from the URL (RFC 9700 section 4.3.2).
 */
export function tokenOfHandshake({ headers }: HandshakeRequest): string | undefined {
  const token = bearerToken(headers['authorization']);
  if (token !== undefined) return token;
  const offered = headers['sec-websocket-protocol'];
  if (typeof offered !== 'string') return undefined;
  const protocol = offered.split(',').find((name) => name.trim().startsWith(protocolPrefix));
  return protocol?.trim().slice(protocolPrefix.length);
}

/** Remembers the token of a handshake: a client of `ws` does not know the request that opened it. */
export function rememberToken(client: object, token: string | undefined): void {
  (client as { [tokenKey]?: string })[tokenKey] = token;
}

export function tokenOfSocket(client: object): string | undefined {
  const remembered = (client as { [tokenKey]?: string })[tokenKey];
  if (remembered !== undefined) return remembered;
  const { handshake } = client as SocketIoClient;
  if (!handshake) return undefined;
  const { token } = handshake.auth ?? {};
  if (typeof token === 'string') return bearerToken(token) ?? token;
  return handshake.headers && tokenOfHandshake({ headers: handshake.headers });
}
