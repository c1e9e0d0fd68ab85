import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Jwk, Verifier } from '../jose/verifiers.js';
import { accessTokens, assertions, otherServices } from '../jose/verifiers.js';

/** The folder `testvectors_v1` of a clone of C2SP/wycheproof, which has to be set: the vectors are not part of this repository. */
const folder = process.env.WYCHEPROOF_DIR;

interface Vector {
  tcId: number;
  jws: string;
  result: 'valid' | 'invalid' | 'acceptable';
}

interface Group {
  public?: Jwk | { keys: Jwk[] };
  private?: Jwk | { keys: Jwk[] };
  tests: Vector[];
}

/** Vectors that are left out, by file (and verifier) and number, and why. */
const exceptions: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'json_web_signature_test.json': {
    367: 'named invalid, but the same text as 357, which is valid: its padding got lost',
    370: 'named invalid, but the same text as 357',
    372: 'named valid, but has a character that base64url does not have',
    373: 'named valid, but has a character that base64url does not have',
  },
  'json_web_key_test.json': {
    7: 'a key of a chip with the ROCA fault: an admin registers a key, and we do not look for faults of its maker',
  },
  'json_web_key_test.json packages/nest': {
    9: 'a public exponent of 1: the keys are those of the issuer, who can sign anyway',
  },
};

function vectorsOf(file: string): { keys: Jwk[]; vector: Vector }[] {
  const { testGroups } = JSON.parse(readFileSync(join(folder!, file), 'utf8')) as { testGroups: Group[] };
  return testGroups.flatMap((group) => {
    const given = group.public ?? group.private!;
    const keys = 'keys' in given ? (given.keys as Jwk[]) : [given];
    return group.tests.map((vector) => ({ keys, vector }));
  });
}

/** Whether the verifier takes this algorithm, from a key that is for it and for nothing else. */
function takes({ algorithms, name }: Verifier, { jws }: Vector, keys: readonly Jwk[]): boolean {
  const [header = '', payload] = jws.split('.');
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: string };
  // @nestjs/jwt takes a JWS without a payload for something else.
  if (payload === '' && name === accessTokens.name) return false;
  return algorithms.includes(alg) && keys.some((key) => (key.alg ?? alg) === alg);
}

// The service's own keys are rows that it has made itself, so what is wrong with a key concerns the others.
it.each([
  { file: 'json_web_signature_test.json', verifier: accessTokens },
  { file: 'json_web_signature_test.json', verifier: assertions },
  { file: 'json_web_signature_test.json', verifier: otherServices },
  { file: 'json_web_key_test.json', verifier: assertions },
  { file: 'json_web_key_test.json', verifier: otherServices },
])('$file: $verifier.name refuses every invalid vector, and takes every valid one of its algorithms', async (each) => {
  const { file, verifier } = each;
  if (!folder) throw new Error('Set WYCHEPROOF_DIR to the folder testvectors_v1 of a clone of C2SP/wycheproof.');
  const wrong: object[] = [];
  const counts = { invalid: 0, valid: 0, 'of other algorithms': 0 };
  for (const { keys, vector } of vectorsOf(file)) {
    if ([file, `${file} ${verifier.name}`].some((where) => exceptions[where]?.[vector.tcId])) continue;
    const isValid = vector.result === 'valid' && takes(verifier, vector, keys);
    counts[isValid ? 'valid' : vector.result === 'valid' ? 'of other algorithms' : 'invalid']++;
    const refusal = await verifier.verify(vector.jws, keys);
    if (refusal !== (isValid ? 'claims' : 'signature')) wrong.push({ ...vector, refusal });
  }
  console.log(`${verifier.name}: ${JSON.stringify(counts)}`);
  expect(wrong).toEqual([]);
  expect(counts.invalid).toBeGreaterThan(10);
});
