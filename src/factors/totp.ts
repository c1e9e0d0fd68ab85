import { HOTP, Secret, TOTP } from 'otpauth';
import { equalBytes } from '../secrets/bytes.js';

/** 160 bits, as RFC 4226 section 4 recommends. */
export const totpSecretBytes = 20;
const periodSeconds = 30;
const digits = 6;
const driftSteps = 1;

/** The time step of an instant (RFC 6238 section 4.2). */
export function stepAt(nowMs: number): number {
  return Math.floor(nowMs / 1000 / periodSeconds);
}

/**
 * The latest step whose code this is: the present one, or one of its two neighbours, as clocks differ (RFC 6238 section 5.2).
 * Returns undefined if it is none of theirs. Compares with all three, so the time says nothing.
 */
export function stepOfCode(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  const given = Buffer.from(code);
  let found: number | undefined;
  for (let step = stepAt(nowMs) - driftSteps; step <= stepAt(nowMs) + driftSteps; step++) {
    if (equalBytes(given, Buffer.from(codeOfStep(secret, step)))) found = step;
  }
  return found;
}

export function codeOfStep(secret: Uint8Array, step: number): string {
  return HOTP.generate({ secret: toSecret(secret), counter: step, digits });
}

/** The secret in base32, as people type it. */
export function secretText(secret: Uint8Array): string {
  return toSecret(secret).base32;
}

/** The `otpauth:` URI that authenticator apps read from a QR code. SHA-1, 6 digits and 30 seconds, which all of them know. */
export function totpUri(secret: Uint8Array, { issuer, label }: { issuer: string; label: string }): string {
  return new TOTP({ issuer, label, secret: toSecret(secret), digits, period: periodSeconds }).toString();
}

function toSecret(bytes: Uint8Array): Secret {
  return new Secret({ buffer: new Uint8Array(bytes).buffer });
}
