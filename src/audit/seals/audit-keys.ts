import type { KeyObject } from 'node:crypto';
import { createSecretKey } from 'node:crypto';
import { deriveFromSecret, equalBytes, secretId } from '../../secrets/bytes.js';

export interface AuditKey {
  /** Names the value of AUTH_SECRET. 4 bytes. */
  id: Buffer;
  /** Seals batches (HMAC-SHA256). */
  key: KeyObject;
}

/** The sealing key of every AUTH_SECRET value: the first seals, all verify. */
export class AuditKeys {
  readonly current: AuditKey;
  private readonly all: readonly AuditKey[];

  constructor(secrets: readonly string[]) {
    this.all = secrets.map((secret) => ({
      id: secretId(secret),
      key: createSecretKey(deriveFromSecret(secret, 'audit', 32)),
    }));
    const [current] = this.all;
    if (!current) throw new Error('AUTH_SECRET has no value');
    this.current = current;
  }

  /** Undefined for a value that is not set here (any more). */
  find(id: Uint8Array): AuditKey | undefined {
    return this.all.find((key) => equalBytes(key.id, id));
  }
}
