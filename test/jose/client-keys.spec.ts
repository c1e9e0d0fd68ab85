import { generateKeyPairSync } from 'node:crypto';
import { ClientJwks } from '../../src/clients/client-jwks.js';
import type { Jwk } from './verifiers.js';

const rsaKey = (publicExponent: number): Jwk => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent });
  return publicKey.export({ format: 'jwk' });
};
const ecKey = (): Jwk => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });

const faultsOf = (key: Jwk) => ClientJwks.safeParse({ keys: [key] }).error?.issues.map(({ message }) => message) ?? [];

it('the public exponent of an RSA key is at least 65537 (attack: with an exponent of 1 anybody can sign)', () => {
  const usual = rsaKey(65_537);
  expect(faultsOf(usual)).toEqual([]);
  for (const exponent of ['AQ', 'Ag', 'Aw', 'AQAA']) {
    expect({ exponent, faults: faultsOf({ ...usual, e: exponent }) }).toEqual({
      exponent,
      faults: ['must have an odd exponent of at least 65537'],
    });
  }
});

it.each([
  [undefined, []],
  [['verify'], []],
  [['sign', 'verify'], []],
  [['encrypt'], ['must have verify among its key_ops']],
  [[], ['must have verify among its key_ops']],
])('a key whose key_ops are %j is judged by RFC 7517 section 4.3', (key_ops, faults) => {
  expect(faultsOf({ ...ecKey(), ...(key_ops && { key_ops }) })).toEqual(faults);
});
