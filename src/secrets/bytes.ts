import { createHash, hkdfSync, timingSafeEqual } from 'node:crypto';

/** SHA-256 of raw bytes. Fit for secrets of full entropy only, never for passwords. */
export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Compares in time that depends on the lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}

/** Derives what one value of AUTH_SECRET is used for: HKDF-SHA256 (RFC 5869) with one `info` label for each purpose. */
export function deriveFromSecret(secret: string, label: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'pawl/v1', label, bytes));
}

/** Names a value of AUTH_SECRET without telling anything about it. 4 bytes. */
export function secretId(secret: string): Buffer {
  return deriveFromSecret(secret, 'key id', 4);
}
