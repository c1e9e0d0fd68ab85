/** bcrypt reads this much of a password. A hash of a longer one also matches every other password with the same beginning. */
const bcryptBytes = 72;

/** Bare bcrypt as stored-password.ts stores it, with what Spring and Django put before it. Not bcrypt of a digest. */
const bareBcrypt = /^foreign:\s*(?:\{[^}]*\})?(?:bcrypt\$)?\$2[aby]\$/;

/**
 * Whether a password that matches the stored hash may have another ending than the user's. Exactly 72 bytes count too: they may
 * be the beginning of a longer password.
 */
export function mayBeTruncated(stored: string, password: string): boolean {
  return Buffer.byteLength(password) >= bcryptBytes && bareBcrypt.test(stored);
}
