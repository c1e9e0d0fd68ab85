import type { KeyObject } from 'node:crypto';
import { createSecretKey, hkdfSync } from 'node:crypto';

const keyIdBytes = 4;

/** The kinds of secret that the database holds sealed (sealing.ts), each with the label of its key. A new kind is a new line. */
const sealingLabels = {
  signingKey: 'key-wrap',
  totpSecret: 'totp',
  providerFlow: 'provider flow',
  providerTokens: 'provider tokens',
} as const;
export type SealingPurpose = keyof typeof sealingLabels;

/** What one value of AUTH_SECRET is used for: one key for each purpose, so that none can stand in for another. */
export interface DerivedKeys {
  /** Names the secret in tokens and rows without revealing anything about it. 4 bytes. */
  id: Buffer;
  /** Authenticates refresh tokens before any query (HMAC-SHA256). */
  tag: KeyObject;
  /** Derives the next refresh secret from the last (HMAC-SHA256). */
  next: KeyObject;
  /** Names accounts and addresses in counters, so that a counter does not reveal them (HMAC-SHA256). */
  limits: KeyObject;
  /** Authenticates the tokens of known devices (HMAC-SHA256). */
  device: KeyObject;
  /** Stores the codes of emails, so that a copy of the database does not reveal one (HMAC-SHA256). */
  emailCode: KeyObject;
  /** Seals batches of audit events (HMAC-SHA256). */
  audit: KeyObject;
  /** Seal secrets in the database (AES-256-GCM). */
  sealing: Readonly<Record<SealingPurpose, KeyObject>>;
}

/** The derived keys of every AUTH_SECRET value: the first signs and seals, all of them verify and open. */
export class KeyRing {
  readonly current: DerivedKeys;
  readonly ids: readonly Buffer[];
  private readonly byId: ReadonlyMap<number, DerivedKeys>;

  /** Throws if two values share a key id: a token could not say which of them it was made with. */
  constructor(secrets: readonly string[]) {
    const derived = secrets.map(deriveKeys);
    const [current] = derived;
    if (!current) throw new Error('AUTH_SECRET has no value');
    this.current = current;
    this.ids = derived.map(({ id }) => id);
    this.byId = new Map(derived.map((keys) => [keys.id.readUInt32BE(), keys]));
    if (this.byId.size < secrets.length) {
      throw new Error('Two values of AUTH_SECRET have the same key id: they are equal, or one must be drawn again.');
    }
  }

  /** Returns undefined if this instance does not have the secret (any more). */
  find(keyId: Uint8Array): DerivedKeys | undefined {
    if (keyId.byteLength !== keyIdBytes) return undefined;
    return this.byId.get(new DataView(keyId.buffer, keyId.byteOffset).getUint32(0));
  }
}

function deriveKeys(secret: string): DerivedKeys {
  const key = (label: string) => createSecretKey(derive(secret, label, 32));
  const sealing = Object.entries(sealingLabels).map(([purpose, label]) => [purpose, key(label)]);
  return {
    id: derive(secret, 'key id', keyIdBytes),
    tag: key('tag'),
    next: key('next'),
    limits: key('limits'),
    device: key('device'),
    emailCode: key('email-code'),
    audit: key('audit'),
    sealing: Object.fromEntries(sealing) as Record<SealingPurpose, KeyObject>,
  };
}

/** HKDF-SHA256 (RFC 5869) with one `info` label for each purpose. A label that is in use must never change. */
function derive(secret: string, label: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'pawl/v1', label, bytes));
}
