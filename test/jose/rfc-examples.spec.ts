import type { Example } from './rfc-examples.js';
import { examples } from './rfc-examples.js';
import type { Verifier } from './verifiers.js';
import { accessTokens, assertions, otherServices } from './verifiers.js';

const verifiers = [accessTokens, assertions, otherServices];
const pairs = verifiers.flatMap((verifier) => examples.map((example) => ({ verifier, example })));

/** @pawl/nest finds the key by its id only, which the examples of RFC 7515 have not. */
function takes({ name, algorithms }: Verifier, { key }: Example): boolean {
  return algorithms.includes(key.alg!) && (key.kid !== undefined || name !== otherServices.name);
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same bytes with other spare bits, if the signature has any. */
function respelled(jws: string): Record<string, string> {
  const bytesOf = (text: string) => Buffer.from(text.split('.').at(-1)!, 'base64url').toString('hex');
  const others = Array.from(alphabet, (last) => jws.slice(0, -1) + last);
  const found = others.find((other) => other !== jws && bytesOf(other) === bytesOf(jws));
  return found ? { 'other spare bits': found } : {};
}

/** What attackers have sent to verifiers, made from a signature that is right. */
function forgeries({ jws, key }: Example): Record<string, string> {
  const [header = '', payload = '', signature = ''] = jws.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const kid = key.kid && { kid: key.kid };
  const flipped = Buffer.from(bytes);
  flipped[0]! ^= 1;
  const half = bytes.length / 2;
  const with_ = (changed: string | Buffer) =>
    `${header}.${payload}.${typeof changed === 'string' ? changed : changed.toString('base64url')}`;
  return {
    'no signature': with_(''),
    'no signature and no dot': `${header}.${payload}`,
    'another bit': with_(flipped),
    'half a signature': with_(bytes.subarray(0, half)),
    'a signature that is twice as long': with_(Buffer.concat([bytes, bytes])),
    'a byte more': with_(Buffer.concat([bytes, Buffer.alloc(1)])),
    'a byte before': with_(Buffer.concat([Buffer.alloc(1), bytes])),
    'zeros (CVE-2022-21449)': with_(Buffer.alloc(bytes.length)),
    ones: with_(Buffer.alloc(bytes.length, 0xff)),
    'r and s exchanged': with_(Buffer.concat([bytes.subarray(half), bytes.subarray(0, half)])),
    'DER around r and s': with_(
      Buffer.concat([
        Buffer.from([0x30, bytes.length + 4, 2, half]),
        bytes.subarray(0, half),
        Buffer.from([2, half]),
        bytes.subarray(half),
      ]),
    ),
    padding: `${jws}=`,
    'a line break': `${jws}\n`,
    'a space before': ` ${jws}`,
    ...respelled(jws),
    'a part more': `${jws}.${signature}`,
    'another payload': `${header}.${encode({ sub: 'admin' })}.${signature}`,
    'alg none (RFC 8725 section 3.2)': `${encode({ alg: 'none', ...kid })}.${payload}.`,
    'alg None': `${encode({ alg: 'None', ...kid })}.${payload}.${signature}`,
    'no alg': `${encode({ ...kid })}.${payload}.${signature}`,
    'an alg of another kind of key': `${encode({ alg: key.kty === 'oct' ? 'RS256' : 'HS256', ...kid })}.${payload}.${signature}`,
    'a critical extension that nobody knows': `${encode({ alg: key.alg, crit: ['x'], x: 1, ...kid })}.${payload}.${signature}`,
    'a header that is a list': `${Buffer.from('[]').toString('base64url')}.${payload}.${signature}`,
    'a header that is no JSON': `${Buffer.from('{').toString('base64url')}.${payload}.${signature}`,
    'the JSON serialization': JSON.stringify({ protected: header, payload, signature }),
  };
}

it.each(pairs)('$example.source: $verifier.name accepts the signature if it takes the algorithm', async (pair) => {
  const { verifier, example } = pair;
  const expected = takes(verifier, example) ? 'claims' : 'signature';
  await expect(verifier.verify(example.jws, [example.key])).resolves.toBe(expected);
});

it.each(pairs)(
  '$example.source: $verifier.name refuses everything that is made of it (attack: forged tokens)',
  async ({ verifier, example }) => {
    for (const [what, jws] of Object.entries(forgeries(example))) {
      expect({ what, refusal: await verifier.verify(jws, [example.key]) }).toEqual({ what, refusal: 'signature' });
    }
  },
);

it.each(verifiers)('$name refuses the signature of another key', async (verifier) => {
  for (const { jws, key } of examples) {
    const others = examples.filter((other) => other.key.alg === key.alg && other.key.kid !== key.kid);
    const renamed = others.map((other) => ({ ...other.key, kid: key.kid }));
    for (const other of renamed) await expect(verifier.verify(jws, [other])).resolves.toBe('signature');
  }
});
