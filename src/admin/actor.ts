import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AuditDetails } from '../audit/audit-event.js';
import type { Principal } from '../common/principal.js';

/** The admin who acts, and from where: a user, a service whose client has the role, or the operator at a terminal. */
export interface Actor {
  userId?: string;
  /** Of a service only. */
  clientId?: string;
  /** Of the operator there is none. */
  ip?: string;
}

/** Who runs a command beside the service. */
export const operator: Actor = {};

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

/** `details` of an audit event; of the operator's act they say so, since nobody is named. */
export function detailsOf(actor: Actor, details?: AuditDetails): AuditDetails | undefined {
  return actor === operator ? { ...details, by: 'operator' } : details;
}
