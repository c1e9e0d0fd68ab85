/**
 * PostgreSQL's advisory locks are numbers that one database shares: each of ours stands here, so that no two are the
 * same (`0x7061776c` is "pawl").
 */
export const advisoryLocks = {
  /** Held for as long as a service runs on the embedded database. */
  embeddedService: 0x7061_776c_01,
  migrations: 0x7061_776c_02,
  signingKeys: 0x7061_776c_03,
  sessionCleanup: 0x7061_776c_04,
  assertionCleanup: 0x7061_776c_05,
  admins: 0x7061_776c_06,
  mailSender: 0x7061_776c_0b,
  auditSealer: 0x7061_776c_0a,
} as const;
