import type { KeyObject } from 'node:crypto';
import type { SigningKey as SigningKeyRow } from '../database/generated/client.js';
import type { KeyRing } from '../secrets/key-ring.js';
import { Sealer } from '../secrets/sealing.js';
import { readKey } from './key-material.js';
import type { SigningAlgorithm } from './key-schedule.js';
import type { PublicJwk } from './public-jwk.js';
import { readPublicKey } from './public-jwk.js';

/** A key as this instance can use it, with its own algorithm only. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** Undefined while it is sealed under an AUTH_SECRET that this instance does not have: then it only verifies. */
  readonly signsWith: KeyObject | undefined;
  readonly verifiesWith: KeyObject;
  readonly publicJwk: PublicJwk | undefined;
}

/** The result of opening a row. */
export interface OpenedKey {
  /** Undefined if it cannot verify anything either. */
  key: SigningKey | undefined;
  /** Why it cannot sign here. */
  fault: 'unknown seal' | 'damaged' | undefined;
}

/** The algorithms that stored keys can have, whatever the current settings are. */
export const signingAlgorithms = ['ES256', 'RS256', 'PS256', 'HS256'] as const satisfies SigningAlgorithm[];

/** A key that cannot be opened still verifies if it has a public half; a shared secret has none and verifies nothing. */
export function openKey(row: SigningKeyRow, keyRing: KeyRing): OpenedKey {
  const { kid, algorithm } = row;
  if (!isSupported(algorithm)) return { key: undefined, fault: 'damaged' };
  try {
    const sealer = new Sealer(keyRing, 'signingKey');
    const secretBytes = sealer.open({ sealed: row.privateKeySealed, sealKeyId: row.sealKeyId }, kid);
    if (!secretBytes) return { key: verifyingKey(row), fault: 'unknown seal' };
    return { key: { kid, algorithm, ...readKey(secretBytes, algorithm) }, fault: undefined };
  } catch {
    // The seal's tag was wrong, or it did not hold such a key: the row was tampered with, so nothing in it is believed.
    return { key: undefined, fault: 'damaged' };
  }
}

function verifyingKey({ kid, algorithm, publicJwk }: SigningKeyRow): SigningKey | undefined {
  const stored = readPublicKey(publicJwk, kid);
  if (stored?.publicJwk.alg !== algorithm) return undefined;
  const { publicKey: verifiesWith, publicJwk: jwk } = stored;
  return { kid, algorithm: jwk.alg, signsWith: undefined, verifiesWith, publicJwk: jwk };
}

function isSupported(algorithm: string): algorithm is SigningAlgorithm {
  return (signingAlgorithms as readonly string[]).includes(algorithm);
}
