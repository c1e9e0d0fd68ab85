import type { KeyObject } from 'node:crypto';
import type { SigningKey as SigningKeyRow } from '../database/generated/client.js';
import type { KeyRing } from '../secrets/key-ring.js';
import { open } from '../secrets/sealing.js';
import { readKey } from './key-material.js';
import type { SigningAlgorithm } from './key-schedule.js';
import type { PublicJwk } from './public-jwk.js';
import { readPublicKey } from './public-jwk.js';

/** A key as this instance can use it, and with its own algorithm only. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** Undefined while it is sealed under an AUTH_SECRET that this instance does not have: it then verifies only. */
  readonly signsWith: KeyObject | undefined;
  readonly verifiesWith: KeyObject;
  readonly publicJwk: PublicJwk | undefined;
}

/** What opening a row came to. */
export interface OpenedKey {
  /** Undefined when nothing can be verified with it either. */
  key: SigningKey | undefined;
  /** Why it cannot sign here. */
  fault: 'unknown seal' | 'damaged' | undefined;
}

const algorithms: ReadonlySet<string> = new Set<SigningAlgorithm>(['ES256', 'RS256', 'PS256', 'HS256']);

/** A key that cannot be opened still verifies if it has a public half; a shared secret has none and verifies nothing. */
export function openKey(row: SigningKeyRow, keyRing: KeyRing): OpenedKey {
  const { kid } = row;
  if (!isSupported(row.algorithm)) return { key: undefined, fault: 'damaged' };
  const wrapping = keyRing.find(row.sealKeyId);
  if (!wrapping) {
    const stored = readPublicKey(row.publicJwk, kid);
    if (stored?.publicJwk.alg !== row.algorithm) return { key: undefined, fault: 'unknown seal' };
    const { publicKey, publicJwk } = stored;
    const key = { kid, algorithm: row.algorithm, signsWith: undefined, verifiesWith: publicKey, publicJwk };
    return { key, fault: 'unknown seal' };
  }
  try {
    const secretBytes = open(wrapping.keyWrap, row.privateKeySealed, kid);
    return { key: { kid, algorithm: row.algorithm, ...readKey(secretBytes, row.algorithm) }, fault: undefined };
  } catch {
    // The seal's tag was wrong, or what it held is no such key: the row was tampered with, so none of it is believed.
    return { key: undefined, fault: 'damaged' };
  }
}

function isSupported(algorithm: string): algorithm is SigningAlgorithm {
  return algorithms.has(algorithm);
}
