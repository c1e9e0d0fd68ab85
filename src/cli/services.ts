import { AuditLog } from '../audit/audit-log.js';
import { EventRows } from '../audit/event-rows.js';
import { Clock } from '../common/clock.js';
import type { PrismaService } from '../database/prisma.service.js';
import { SigningKeyStore } from '../keys/signing-key-store.js';
import { Metrics } from '../metrics/metrics.js';
import type { KeyRing } from '../secrets/key-ring.js';
import { Revoker } from '../sessions/revoker.js';

// Commands use services of the application without starting it.

/** Writes audit events; their metrics are exposed nowhere. */
export function createAuditLog(db: PrismaService, clock: Clock): AuditLog {
  return new AuditLog(new EventRows(db, clock), clock, new Metrics());
}

/** A command accepts no access tokens, so it remembers no revocations: the running instances are notified of them. */
export function createRevoker(db: PrismaService, clock: Clock, audit: AuditLog): Revoker {
  return new Revoker(db, clock, { remember: () => undefined }, audit);
}

export function createSigningKeyStore(db: PrismaService, keyRing: KeyRing): SigningKeyStore {
  const clock = new Clock();
  return new SigningKeyStore(db, keyRing, clock, createAuditLog(db, clock));
}
