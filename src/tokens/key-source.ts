import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';

/** A key that a signature is checked with. */
export interface KnownKey {
  /** The only algorithm that the key may be used with; undefined if a foreign key set does not say. */
  algorithm: string | undefined;
  /** Undefined if the key may no longer be used, or not from here. */
  verifiesWith: KeyObject | undefined;
  /** Its current state, if known. */
  state?: 'next' | 'current' | 'retired' | 'revoked' | 'gone';
}

/** Where keys come from. */
export interface KeySource {
  /** For people: `the database`, a URL or a file. */
  name: string;
  keys: ReadonlyMap<string, KnownKey>;
}

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });
const algorithmOfCurve = new Map<unknown, string>([['P-256', 'ES256']]);

/** Reads the signature keys of a JWKS (RFC 7517 section 5). Returns undefined if it is not one. Skips keys of unknown kinds. */
export function readKeySet(name: string, text: string): KeySource | undefined {
  const { data } = KeySet.safeParse(parseJson(text));
  if (!data) return undefined;
  const usable = data.keys.filter(({ kty, use }) => kty !== 'oct' && (use === undefined || use === 'sig'));
  const keys = usable.flatMap((jwk) => {
    const verifiesWith = toPublicKey(jwk);
    const algorithm = typeof jwk['alg'] === 'string' ? jwk['alg'] : algorithmOfCurve.get(jwk['crv']);
    return verifiesWith ? [[jwk.kid, { algorithm, verifiesWith }] as const] : [];
  });
  return { name, keys: new Map(keys) };
}

function toPublicKey(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
