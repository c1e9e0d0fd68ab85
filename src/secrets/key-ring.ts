import type { KeyObject } from 'node:crypto';
import { createSecretKey } from 'node:crypto';
import { deriveFromSecret, secretId } from './bytes.js';

/** What one value of AUTH_SECRET is used for: a key for each purpose, so that none can stand in for another. */
export interface DerivedKeys {
  /** Names the secret in tokens and rows without telling anything about it. 4 bytes. */
  id: Buffer;
  /** Authenticates refresh tokens before any query (HMAC-SHA256). */
  tag: KeyObject;
  /** Derives the next refresh secret from the last (HMAC-SHA256). */
  next: KeyObject;
  /** Seals private signing keys in the database (AES-256-GCM). */
  keyWrap: KeyObject;
  /** Names accounts and addresses in counters, so that these tell nobody's (HMAC-SHA256). */
  limits: KeyObject;
  /** Authenticates the tokens of known devices (HMAC-SHA256). */
  device: KeyObject;
}

/** The derived keys of every AUTH_SECRET value: the first signs and seals, all verify and open. */
export class KeyRing {
  readonly current: DerivedKeys;
  readonly ids: readonly Buffer[];
  private readonly byId: ReadonlyMap<number, DerivedKeys>;

  /** Throws when two values share a key id: they could not be told apart in a token. */
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

  /** Undefined for a secret that this instance does not have (or no longer). */
  find(keyId: Uint8Array): DerivedKeys | undefined {
    return this.byId.get(new DataView(keyId.buffer, keyId.byteOffset, 4).getUint32(0));
  }
}

function deriveKeys(secret: string): DerivedKeys {
  const derive = (label: string) => createSecretKey(deriveFromSecret(secret, label, 32));
  return {
    id: secretId(secret),
    tag: derive('tag'),
    next: derive('next'),
    keyWrap: derive('key-wrap'),
    limits: derive('limits'),
    device: derive('device'),
  };
}
