/** The names of all events, a closed list that programs can rely on. docs/audit.md explains each. */
export const auditEventNames = [
  'user.registered',
  'user.registration_failed',
  'user.signed_in',
  'user.sign_in_failed',
  'user.second_factor_asked',
  'user.stepped_up',
  'user.signed_out_everywhere',
  'user.password_refused',
  'user.password_changed',
  'user.password_reset',
  'user.reset_link_created',
  'user.email_verified',
  'user.email_change_requested',
  'user.email_changed',
  'user.data_exported',
  'identity.linked',
  'identity.unlinked',
  'identity.tokens_read',
  'user.created',
  'user.role_changed',
  'user.disabled',
  'user.enabled',
  'user.renamed',
  'user.deleted',
  'user.imported',
  'user.exported',
  'admin.first_created',
  'factor.added',
  'factor.removed',
  'factor.reset',
  'factor.passkey_copied',
  'factor.recovery_codes_replaced',
  'factor.recovery_code_used',
  'address.limited',
  'session.recovered',
  'session.reused',
  'session.ahead',
  'session.revoked',
  'client.created',
  'client.secret_added',
  'client.deleted',
  'client.refused',
  'token.revoked',
  'key.made',
  'key.moved',
  'key.retired',
  'key.revoked',
  'key.deleted',
  'audit.dropped',
] as const;
export type AuditEventName = (typeof auditEventNames)[number];

/** What the event's name does not say, for example the new role. Flat, so that it is easy to read and filter. */
export type AuditDetails = Readonly<Record<string, string | number | boolean>>;

/** The caller, and where the request came from. */
export interface AuditActor {
  /** The user who acted; absent if nobody was authenticated or the service itself acted. */
  actorUserId?: string;
  /** The OAuth client that acted. */
  actorClientId?: string;
  /** Address of the client (see TRUST_PROXY). */
  ip?: string;
}

/** Who did what to whom, in ids: never an email address, a name or a secret. */
export interface AuditEvent extends AuditActor {
  event: AuditEventName;
  /** The user it happened to. */
  subjectUserId?: string;
  /** The session it happened to. */
  sessionId?: string;
  /** The OAuth client it happened to. */
  subjectClientId?: string;
  details?: AuditDetails;
}

const alarmingEvents: ReadonlySet<AuditEventName> = new Set([
  'session.reused',
  'session.ahead',
  'factor.passkey_copied',
  'audit.dropped',
]);

/** Whether an operator should see it even at LOG_LEVEL=warn: a token may be stolen, or the trail is incomplete. */
export function isAlarming({ event }: AuditEvent): boolean {
  return alarmingEvents.has(event);
}
