import type { JsonWebKey, KeyObject } from 'node:crypto';
import { constants, createHash, generateKeyPairSync, sign } from 'node:crypto';

/** The algorithms of Pawl whose keys can be published. */
export type TestAlgorithm = 'ES256' | 'RS256' | 'PS256';

export interface PublishedJwk extends JsonWebKey {
  kid: string;
  alg: TestAlgorithm;
  use: 'sig';
}

/** A key pair that signs tokens in this process. Uses Node.js alone, so that it works in every module system. */
export class TestSigningKey {
  readonly jwk: PublishedJwk;
  private readonly privateKey: KeyObject;

  constructor(readonly algorithm: TestAlgorithm) {
    const { publicKey, privateKey } =
      algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const material = publicKey.export({ format: 'jwk' });
    this.privateKey = privateKey;
    this.jwk = { ...material, kid: thumbprintOf(material), alg: algorithm, use: 'sig' };
  }

  /** A JWS in compact form (RFC 7515 section 7.1). */
  sign(header: object, claims: object): string {
    const input = `${encode(header)}.${encode(claims)}`;
    return `${input}.${this.signatureOf(Buffer.from(input)).toString('base64url')}`;
  }

  private signatureOf(input: Buffer): Buffer {
    const key = this.privateKey;
    switch (this.algorithm) {
      case 'ES256': // RFC 7518 section 3.4: the two numbers, one after the other
        return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
      case 'RS256':
        return sign('sha256', input, key);
      case 'PS256': // RFC 7518 section 3.5: the salt is as long as the hash
        return sign('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    }
  }
}

/** RFC 7638: the required members, in the order of their names. */
function thumbprintOf({ kty, crv, x, y, n, e }: JsonWebKey): string {
  const required = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
