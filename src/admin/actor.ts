import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../common/principal.js';

/** The admin who acts, and from where: a user, or a service whose client has the role. */
export interface Actor {
  userId?: string;
  /** Of a service only. */
  clientId?: string;
  ip: string;
}

/** Whoever the access guard let in, as the audit log remembers an admin. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const { user, ip } = context.switchToHttp().getRequest<FastifyRequest & { user?: Principal }>();
  if (!user) throw new Error('@CurrentActor() on a route without the access guard');
  return user.userId === undefined ? { clientId: user.clientId, ip } : { userId: user.userId, ip };
});

/** Its part of an audit event. */
export function actedBy({ userId, clientId, ip }: Actor) {
  return { actorUserId: userId, actorClientId: clientId, ip };
}
