import { Injectable } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { AccessError } from '../access-error.js';
import type { AccessRules } from '../access-rules.js';
import { accessRulesOf } from '../access-rules.js';
import { assertAdmitted } from '../authorization.js';
import { setCallerOfSocket } from '../caller.js';
import { PawlGuard } from '../pawl.guard.js';
import { TokenVerifier } from '../token-verifier.js';
import type { HandshakeRequest } from '../transports/socket-token.js';
import { rememberToken, tokenOfHandshake, tokenOfSocket } from '../transports/socket-token.js';
import type { VerifiedToken } from '../verification/verified-token.js';
import { isGateway, methodsOf } from './handler-protection.js';
import { OpenSockets } from './open-sockets.js';

type GatewayClass = new (...args: never[]) => object;

interface Gateway {
  afterInit?(server: unknown): unknown;
}

/** A server of socket.io, or one of its namespaces. */
interface SocketIoServer {
  use(middleware: (client: object, next: (error?: Error) => void) => void): unknown;
}

/** A server of `ws`. */
interface WsServer {
  options: { verifyClient?: (info: HandshakeInfo, done: Done) => unknown };
  on(event: 'connection', listener: (client: object, request: HandshakeRequest & object) => void): unknown;
}

interface HandshakeInfo {
  req: HandshakeRequest & object;
}

type Done = (isAdmitted: boolean, status?: number, body?: string, headers?: Record<string, string>) => void;

/** The result of a handshake: the token, if it is a good one. */
interface Handshake {
  sent: string | undefined;
  token: VerifiedToken | undefined;
}

/**
 * Refuses WebSockets before they open, unless the caller may use one of the gateways that listen there: NestJS runs its
 * guards for messages only, and a gateway can send without being asked.
 */
@Injectable()
export class HandshakeProtection {
  private readonly gateways = new Map<object, GatewayClass[]>();
  private readonly handshakes = new WeakMap<object, Handshake>();
  private isPrepared = false;

  constructor(
    config: ApplicationConfig,
    private readonly modules: ModulesContainer,
    private readonly guard: PawlGuard,
    private readonly verifier: TokenVerifier,
    private readonly sockets: OpenSockets,
  ) {
    // Called first when the gateways exist and their servers do not: the only moment to be there before them.
    const getIoAdapter = config.getIoAdapter.bind(config);
    config.getIoAdapter = () => {
      this.prepare();
      return getIoAdapter();
    };
  }

  private prepare(): void {
    // A test that replaces the guard decides who is admitted.
    if (this.isPrepared || !(this.guard instanceof PawlGuard)) return;
    this.isPrepared = true;
    for (const { providers } of this.modules.values()) {
      for (const { metatype, instance } of providers.values()) {
        if (typeof metatype === 'function' && isGateway(metatype) && instance) {
          this.watch(instance, metatype as unknown as GatewayClass);
        }
      }
    }
  }

  private watch(gateway: Gateway, type: GatewayClass): void {
    const afterInit = gateway.afterInit?.bind(gateway);
    gateway.afterInit = (server) => {
      this.protect(server as object, type);
      return afterInit?.(server);
    };
  }

  private protect(server: object, type: GatewayClass): void {
    const others = this.gateways.get(server);
    if (others) {
      others.push(type);
      return;
    }
    const gateways = [type];
    this.gateways.set(server, gateways);
    if ('use' in server) this.protectSocketIo(server as SocketIoServer, gateways);
    else if ('options' in server) this.protectWs(server as WsServer, gateways);
  }

  private protectSocketIo(server: SocketIoServer, gateways: readonly GatewayClass[]): void {
    server.use((client, next) => {
      this.authenticate(tokenOfSocket(client), gateways).then(
        (handshake) => {
          this.accept(client, handshake);
          next();
        },
        (error: unknown) => next(toConnectError(error)),
      );
    });
  }

  private protectWs(server: WsServer, gateways: readonly GatewayClass[]): void {
    const { verifyClient } = server.options;
    server.options.verifyClient = (info: HandshakeInfo, done: Done) => {
      this.authenticate(tokenOfHandshake(info.req), gateways).then(
        (handshake) => {
          this.handshakes.set(info.req, handshake);
          if (!verifyClient) done(true);
          else if (verifyClient.length >= 2) verifyClient(info, done);
          else done(Boolean((verifyClient as (info: HandshakeInfo) => unknown)(info)));
        },
        (error: unknown) => {
          if (!(error instanceof AccessError)) done(false, 500);
          else done(false, error.problem.status, JSON.stringify(error.problem), error.headers());
        },
      );
    };
    server.on('connection', (client, request) => {
      const handshake = this.handshakes.get(request);
      if (handshake) this.accept(client, handshake);
    });
  }

  private accept(client: object, { sent, token }: Handshake): void {
    rememberToken(client, sent);
    if (!token || sent === undefined) return;
    setCallerOfSocket(client, token.principal);
    this.sockets.watch(client, sent, token);
  }

  /** Throws the refusal if no gateway of the server admits the caller. A public one admits everybody. */
  private async authenticate(sent: string | undefined, gateways: readonly GatewayClass[]): Promise<Handshake> {
    const rules = gateways.flatMap(rulesOfGateway);
    const isPublic = rules.some((one) => one.isPublic);
    try {
      if (sent === undefined) throw new AccessError('token_missing');
      const token = await this.verifier.verify(sent);
      if (!isPublic) assertAdmittedByOne(token, rules);
      return { sent, token };
    } catch (error) {
      if (!isPublic || !(error instanceof AccessError)) throw error;
      return { sent, token: undefined };
    }
  }
}

/** The rules of the class itself, and of each of its methods. */
function rulesOfGateway(type: GatewayClass): AccessRules[] {
  const ofClass = accessRulesOf({ getHandler: () => type, getClass: () => type as never });
  const ofMethods = methodsOf(type).map((method) =>
    accessRulesOf({ getHandler: () => method as never, getClass: () => type as never }),
  );
  return [ofClass, ...ofMethods];
}

function assertAdmittedByOne({ principal }: VerifiedToken, rules: readonly AccessRules[]): void {
  let refusal: unknown;
  for (const one of rules) {
    try {
      assertAdmitted(principal, one, Math.floor(Date.now() / 1000));
      return;
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

/** socket.io sends `data` to the client, as `connect_error`. */
function toConnectError(error: unknown): Error {
  if (!(error instanceof AccessError)) return error instanceof Error ? error : new Error(String(error));
  return Object.assign(new Error(error.problem.detail), { data: error.problem });
}
