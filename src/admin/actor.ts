import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AuditDetails } from '../audit/audit-event.js';
import { clientAddress } from '../common/client-address.js';

/** Who acts as an admin, and from where: a user, a service whose client has the role, or the operator at a terminal. */
export interface Actor {
  userId?: string;
  /** Set for a service only. */
  clientId?: string;
  /** Undefined for the operator. */
  ip?: string;
}

/** The person who runs a command of the command line. */
export const operator: Actor = {};

/** The caller that the access guard accepted. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { user } = request;
  const ip = clientAddress(request);
  if (!user) throw new Error('@CurrentActor() on a route without the access guard');
  return user.userId === undefined ? { clientId: user.clientId, ip } : { userId: user.userId, ip };
});

/** The actor's fields of an audit event. */
export function actedBy({ userId, clientId, ip }: Actor) {
  return { actorUserId: userId, actorClientId: clientId, ip };
}

/** `details` of an audit event. They name the operator, who has no id. */
export function detailsOf(actor: Actor, details?: AuditDetails): AuditDetails | undefined {
  return actor === operator ? { ...details, by: 'operator' } : details;
}
