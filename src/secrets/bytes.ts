import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A call of OpenSSL costs hardly more for 2,000 bytes than for 32. */
const drawnAtOnceBytes = 2048;
let drawn = Buffer.alloc(0);

/** Random bytes of the same quality as `randomBytes`, for a few at a time. They are given out once, and no copy is kept. */
export function drawBytes(count: number): Buffer {
  if (drawn.length < count) drawn = randomBytes(drawnAtOnceBytes);
  const given = Buffer.from(drawn.subarray(0, count));
  drawn.fill(0, 0, count);
  drawn = drawn.subarray(count);
  return given;
}

/** SHA-256 of raw bytes. Only for secrets of full entropy, never for passwords. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** Compares in a time that depends only on the lengths. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
