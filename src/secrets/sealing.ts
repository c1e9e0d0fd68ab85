import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing, SealingPurpose } from './key-ring.js';

const ivBytes = 12;
const tagBytes = 16;

/** A secret as a row holds it. */
export interface SealedSecret {
  sealed: Uint8Array<ArrayBuffer>;
  /** Names the AUTH_SECRET value that opens it (`DerivedKeys.id`). */
  sealKeyId: Uint8Array<ArrayBuffer>;
}

/** The sealed secret was changed, moved from another row, or sealed for another purpose. It will never open. */
export class BrokenSeal extends Error {
  override name = 'BrokenSeal';
}

/**
 * Seals secrets of one kind for the database. The first AUTH_SECRET value seals, every value opens. `context` is
 * authenticated too: pass what identifies the row, so that a sealed value cannot be moved to another one.
 */
export class Sealer {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly purpose: SealingPurpose,
  ) {}

  seal(plaintext: Uint8Array, context: string): SealedSecret {
    const { sealing, id } = this.keyRing.current;
    return {
      sealed: new Uint8Array(encrypt(sealing[this.purpose], plaintext, context)),
      sealKeyId: new Uint8Array(id),
    };
  }

  /**
   * Returns undefined if the secret was sealed under an AUTH_SECRET value that this instance does not have. Throws
   * `BrokenSeal` if the context is another, or if one bit was changed.
   */
  open({ sealed, sealKeyId }: { sealed: Uint8Array; sealKeyId: Uint8Array }, context: string): Buffer | undefined {
    const keys = this.keyRing.find(sealKeyId);
    if (!keys) return undefined;
    try {
      return decrypt(keys.sealing[this.purpose], sealed, context);
    } catch (cause) {
      throw new BrokenSeal('A sealed secret in the database is damaged, or belongs to another row', { cause });
    }
  }

  /** Whether this instance can open it, with another AUTH_SECRET value than the one that seals today. */
  isOutdated(sealKeyId: Uint8Array): boolean {
    const keys = this.keyRing.find(sealKeyId);
    return keys !== undefined && keys !== this.keyRing.current;
  }
}

/** AES-256-GCM: IV, ciphertext, tag. */
function encrypt(key: KeyObject, plaintext: Uint8Array, context: string): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, sealed: Uint8Array, context: string): Buffer {
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]);
}
