import type { AuditEvent } from '../audit/audit-event.js';
import type { DoneStep } from './key-plan.js';

/** What caused a change of the keys: the schedule, which any instance carries out, or `npm run keys`. */
export type KeyActor = 'schedule' | 'operator';

export function auditEventOf(done: DoneStep, by: KeyActor): AuditEvent {
  const { kid } = done;
  switch (done.step) {
    case 'make':
      return {
        event: 'key.made',
        details: { kid, by, algorithm: done.algorithm, signs_from: done.signsFrom.toISOString() },
      };
    case 'move':
      return { event: 'key.moved', details: { kid, by, signs_from: done.signsFrom.toISOString() } };
    case 'retire':
      return { event: 'key.retired', details: { kid, by, verifies_until: done.verifiesUntil.toISOString() } };
    case 'revoke':
      return { event: 'key.revoked', details: { kid, by } };
    case 'delete':
      return { event: 'key.deleted', details: { kid, by } };
  }
}
