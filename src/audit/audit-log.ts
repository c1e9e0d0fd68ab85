import { Injectable, Logger } from '@nestjs/common';

/** What is worth remembering, by name: a closed list, so that whoever reads the log can rely on it. */
export type AuditEventName =
  | 'user.registered'
  | 'user.signed_in'
  | 'user.sign_in_failed'
  | 'session.recovered'
  | 'session.reused'
  | 'session.ahead'
  | 'session.revoked'
  | 'user.signed_out_everywhere'
  | 'user.created'
  | 'user.role_changed'
  | 'user.disabled'
  | 'user.enabled'
  | 'user.deleted'
  | 'user.renamed'
  | 'admin.first_created'
  | 'client.created'
  | 'client.secret_added'
  | 'client.deleted'
  | 'client.refused'
  | 'token.revoked';

/** Who did what to whom, in ids: never an e-mail address, a name or a secret. */
export interface AuditEvent {
  event: AuditEventName;
  /** The user who acted; absent when nobody had signed in or the service itself acted. */
  actorUserId?: string;
  /** The OAuth client that acted. */
  actorClientId?: string;
  /** The user it happened to. */
  subjectUserId?: string;
  /** The session it happened to. */
  sessionId?: string;
  /** The OAuth client it happened to. */
  subjectClientId?: string;
  /** Address of the client, as TRUST_PROXY lets it be known. */
  ip?: string;
  /** What the event's name does not say, for example the new role. */
  details?: Readonly<Record<string, string | number | boolean>>;
}

/** What an operator wants to see even at LOG_LEVEL=warn: somebody may hold what is not theirs. */
const alarming: ReadonlySet<AuditEventName> = new Set(['session.reused', 'session.ahead']);

/** Remembers security events: one structured log line each. */
@Injectable()
export class AuditLog {
  private readonly logger = new Logger('audit');

  record(event: AuditEvent): void {
    if (alarming.has(event.event)) this.logger.warn(event);
    else this.logger.log(event);
  }
}
