import { bearerToken } from './bearer-token.js';

/** The parts of the contexts of @nestjs/microservices that hold headers. */
interface MessageContext {
  /** gRPC: the metadata itself. */
  getMap?(): Record<string, unknown>;
  /** NATS. */
  getHeaders?(): { get?(name: string): unknown } | undefined;
  /** Kafka and RabbitMQ. */
  getMessage?(): { headers?: Record<string, unknown>; properties?: { headers?: Record<string, unknown> } };
  /** MQTT 5. */
  getPacket?(): { properties?: { userProperties?: Record<string, unknown> } };
}

/**
 * The access token of a message: in its headers or its metadata, as `authorization: Bearer ...`. Transports without headers
 * (TCP, Redis) carry it in the property `authorization` of the payload.
 */
export function tokenOfMessage(context: unknown, data: unknown): string | undefined {
  return bearerToken(headerOf(context ?? {}) ?? payloadProperty(data));
}

function headerOf(context: MessageContext): unknown {
  if (context.getMap) return context.getMap()['authorization'];
  if (context.getHeaders) {
    const headers = context.getHeaders();
    // NATS compares names exactly, and its `get` returns an empty string for none.
    return headers?.get?.('authorization') || headers?.get?.('Authorization') || undefined;
  }
  const message = context.getMessage?.();
  const headers = message?.headers ?? message?.properties?.headers ?? context.getPacket?.().properties?.userProperties;
  return headers?.['authorization'] ?? headers?.['Authorization'];
}

function payloadProperty(data: unknown): unknown {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>)['authorization'] : undefined;
}
