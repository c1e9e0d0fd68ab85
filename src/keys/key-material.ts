import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, createSecretKey, generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlgorithm } from './key-schedule.js';
import type { PublicJwk } from './public-jwk.js';
import { describePublicKey } from './public-jwk.js';

const generate = promisify(generateKeyPair);

/**
 * The minimum of RFC 7518 section 3.3. It is enough, because a key lives for weeks and its tokens for minutes. 3072 bits
 * would cost five times the CPU for each signature (1.7 ms), on the thread that serves requests.
 */
const rsaModulusBits = 2048;
/** The length of the hash (RFC 7518 section 3.2). */
const sharedSecretBytes = 32;
const sharedKidBytes = 16;

/** KeyObjects, never PEM strings: parsing a PEM costs more than ten times as much as the signature. */
export interface KeyMaterial {
  /** A private key, or with HS256 the shared secret. */
  signsWith: KeyObject;
  /** A public key, or with HS256 the same shared secret. */
  verifiesWith: KeyObject;
  /** Undefined for a shared secret, which is never published. */
  publicJwk: PublicJwk | undefined;
}

export interface NewKey {
  kid: string;
  algorithm: SigningAlgorithm;
  publicJwk: PublicJwk | undefined;
  /** What is sealed: PKCS #8 DER, or the bytes of a shared secret. */
  secretBytes: Buffer;
}

/** Runs off the event loop, because an RSA key takes tenths of a second. */
export async function generateKey(algorithm: SigningAlgorithm): Promise<NewKey> {
  if (algorithm === 'HS256') {
    const kid = randomBytes(sharedKidBytes).toString('base64url');
    return { kid, algorithm, publicJwk: undefined, secretBytes: randomBytes(sharedSecretBytes) };
  }
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: rsaModulusBits });
  const publicJwk = describePublicKey(publicKey, algorithm);
  const secretBytes = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { kid: publicJwk.kid, algorithm, publicJwk, secretBytes };
}

/** Throws if the bytes are not a key of the algorithm. */
export function readKey(secretBytes: Buffer, algorithm: SigningAlgorithm): KeyMaterial {
  if (algorithm === 'HS256') {
    if (secretBytes.length !== sharedSecretBytes) throw new Error('the shared secret has another length');
    const secret = createSecretKey(secretBytes);
    return { signsWith: secret, verifiesWith: secret, publicJwk: undefined };
  }
  const signsWith = createPrivateKey({ key: secretBytes, format: 'der', type: 'pkcs8' });
  const verifiesWith = createPublicKey(signsWith);
  return { signsWith, verifiesWith, publicJwk: describePublicKey(verifiesWith, algorithm) };
}
