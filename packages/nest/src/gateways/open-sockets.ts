import type { BeforeApplicationShutdown, ExecutionContext, OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { AccessErrorCode } from '../access-error.js';
import { AccessError } from '../access-error.js';
import { TokenVerifier } from '../token-verifier.js';
import { sentToken } from '../transports/sent-token.js';
import type { VerifiedToken } from '../verification/verified-token.js';

/** Sockets whose token has expired are closed within this time. */
const sweepEveryMs = 500;
/** The same if each check asks Pawl. */
const introspectEveryMs = 30_000;
/** Revocations that arrive within this time are applied together: thousands of sockets are not checked for each. */
const gatherMs = 50;
/** A client that does not take part in closing is cut after this time. */
const closeTimeoutMs = 500;
/** The code of a close (RFC 6455 section 7.4.2 leaves 4000 and above to applications): as HTTP 401. */
const closeCode = 4401;

/** A client of `ws` or of socket.io, or what graphql-ws runs on. */
interface Socket {
  /** ws */
  close?(code: number, reason: string): void;
  terminate?(): void;
  /** socket.io */
  disconnect?(close: boolean): void;
  emit?(event: string, ...args: unknown[]): unknown;
  once?(event: string, listener: () => void): unknown;
}

/** Open WebSockets, each closed when its token expires or is revoked. Nothing is sent to a user who is signed out. */
@Injectable()
export class OpenSockets implements OnModuleInit, BeforeApplicationShutdown {
  private readonly open = new Map<Socket, { sent: string; token: VerifiedToken }>();
  private timer: NodeJS.Timeout | undefined;
  private gathering: NodeJS.Timeout | undefined;

  constructor(private readonly verifier: TokenVerifier) {}

  onModuleInit(): void {
    this.verifier.onRevoked(() => {
      this.gathering ??= setTimeout(() => this.sweep(), gatherMs).unref();
    });
    this.timer = setInterval(
      () => this.sweep(),
      this.verifier.isIntrospecting ? introspectEveryMs : sweepEveryMs,
    ).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    clearTimeout(this.gathering);
  }

  /** `token` is what was read from `sent`. */
  watch(socket: object, sent: string, token: VerifiedToken): void {
    if (!this.open.has(socket)) {
      for (const end of ['close', 'disconnect']) (socket as Socket).once?.(end, () => this.open.delete(socket));
    }
    this.open.set(socket, { sent, token });
  }

  /** A GraphQL subscription keeps the WebSocket under it open. */
  watchSubscription(context: ExecutionContext, token: VerifiedToken): void {
    if (context.getType<string>() !== 'graphql') return;
    const socket = subscriptionSocket(context.getArgByIndex<unknown>(2));
    if (socket) this.watch(socket, sentToken(context)!, token);
  }

  private sweep(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    for (const [socket, { sent, token }] of this.open) this.check(socket, sent, token);
  }

  private check(socket: Socket, sent: string, token: VerifiedToken): void {
    const closeIfRefused = (error: unknown) => {
      // What cannot be told right now is told by a later sweep.
      if (error instanceof AccessError && error.code !== 'temporarily_unavailable') this.close(socket, error);
    };
    try {
      if (this.verifier.isIntrospecting) Promise.resolve(this.verifier.verify(sent)).catch(closeIfRefused);
      else this.verifier.assertStillValid(token);
    } catch (error) {
      closeIfRefused(error);
    }
  }

  private close(socket: Socket, error: AccessError): void {
    this.open.delete(socket);
    if (socket.disconnect) {
      socket.emit?.('exception', error.problem);
      socket.disconnect(true);
      return;
    }
    socket.close?.(closeCode, error.code satisfies AccessErrorCode);
    setTimeout(() => socket.terminate?.(), closeTimeoutMs).unref();
  }
}

/** graphql-ws has the socket in `extra`. */
function subscriptionSocket(context: unknown): object | undefined {
  const { extra, req } = (context ?? {}) as { extra?: { socket?: object }; req?: { extra?: { socket?: object } } };
  return extra?.socket ?? req?.extra?.socket;
}
