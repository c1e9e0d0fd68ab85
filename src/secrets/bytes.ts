import { hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of raw bytes. Only for secrets of full entropy, never for passwords. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** Compares in a time that depends only on the lengths. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
