/** Every advisory lock of Pawl. The numbers are shared by the whole database; they begin with `0x7061776c`, "pawl". */
export const advisoryLocks = {
  /** Held for as long as a service runs on the embedded database. */
  embeddedService: 0x7061_776c_01,
  migrations: 0x7061_776c_02,
  signingKeys: 0x7061_776c_03,
  sessionCleanup: 0x7061_776c_04,
  assertionCleanup: 0x7061_776c_05,
  admins: 0x7061_776c_06,
  auditSealer: 0x7061_776c_0a,
  mailSender: 0x7061_776c_0b,
  tokenCleanup: 0x7061_776c_0c,
  mailCleanup: 0x7061_776c_0d,
  limitCleanup: 0x7061_776c_0e,
  /** Taken by the trigger that numbers revocations in the order of their commits. */
  revocationOrder: 0x7061_776c_0f,
  challengeCleanup: 0x7061_776c_12,
  totpCleanup: 0x7061_776c_13,
  providerCleanup: 0x7061_776c_10,
} as const;
