import type { KeyObject } from 'node:crypto';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

interface Options {
  challenge: string;
  rp?: { id: string };
  rpId?: string;
  user?: { id: string };
}

/** What an authenticator, or somebody who attacks, may do differently. */
export interface Behaviour {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  /** The user verification flag. */
  verifiesUser?: boolean;
  /** The user presence flag. */
  seesUser?: boolean;
  crossOrigin?: boolean;
  counter?: number;
  userHandle?: string | null;
  /** Signs with another key. */
  forges?: boolean;
}

const flags = { present: 0x01, verified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40 };

/** An authenticator in software with one resident ES256 credential: WebAuthn Level 3, section 6. */
export class SoftwareAuthenticator {
  readonly credentialId = randomBytes(32);
  private readonly privateKey: KeyObject;
  private readonly publicJwk: { x: string; y: string };
  private userHandle: string | null = null;

  constructor(
    /** A synchronised passkey has no counter of its own. */
    private readonly synced = false,
    private counter = synced ? 0 : 1,
  ) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.privateKey = privateKey;
    this.publicJwk = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  }

  get id(): string {
    return this.credentialId.toString('base64url');
  }

  /** `navigator.credentials.create()`. */
  create(options: Options, behaviour: Behaviour = {}) {
    this.userHandle = options.user!.id;
    const attested = Buffer.concat([Buffer.alloc(16), lengthOf(this.credentialId), this.credentialId, this.coseKey()]);
    const authData = Buffer.concat([this.head(options.rp!.id, flags.attested, behaviour), attested]);
    const attestation = new Map<string, unknown>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', new Uint8Array(authData)],
    ]);
    return {
      ...this.shared(),
      response: {
        clientDataJSON: clientData('webauthn.create', options.challenge, behaviour),
        attestationObject: Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url'),
        transports: ['internal'],
      },
    };
  }

  /** `navigator.credentials.get()`. */
  get(options: Options, behaviour: Behaviour = {}) {
    if (!this.synced && behaviour.counter === undefined) this.counter++;
    const authData = this.head(options.rpId!, 0, behaviour);
    const clientDataJSON = clientData('webauthn.get', options.challenge, behaviour);
    const signed = Buffer.concat([
      authData,
      createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest(),
    ]);
    const key = behaviour.forges ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : this.privateKey;
    return {
      ...this.shared(),
      response: {
        clientDataJSON,
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', signed, key).toString('base64url'),
        userHandle: behaviour.userHandle === undefined ? this.userHandle : behaviour.userHandle,
      },
    };
  }

  private shared() {
    return { id: this.id, rawId: this.id, type: 'public-key', clientExtensionResults: {} };
  }

  /** WebAuthn section 6.1: hash of the RP id, flags, counter. */
  private head(rpId: string, more: number, behaviour: Behaviour): Buffer {
    const { verifiesUser = true, seesUser = true, counter = this.counter } = behaviour;
    const head = Buffer.alloc(37);
    createHash('sha256')
      .update(behaviour.rpId ?? rpId)
      .digest()
      .copy(head);
    head[32] =
      more |
      (seesUser ? flags.present : 0) |
      (verifiesUser ? flags.verified : 0) |
      (this.synced ? flags.backupEligible | flags.backedUp : 0);
    head.writeUInt32BE(counter, 33);
    return head;
  }

  /** RFC 9053 section 7.1: an EC2 key for ES256. */
  private coseKey(): Buffer {
    const key = new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, new Uint8Array(Buffer.from(this.publicJwk.x, 'base64url'))],
      [-3, new Uint8Array(Buffer.from(this.publicJwk.y, 'base64url'))],
    ]);
    return Buffer.from(isoCBOR.encode(key as never));
  }
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.byteLength);
  return length;
}

function clientData(type: string, challenge: string, behaviour: Behaviour): string {
  const data = {
    type: behaviour.type ?? type,
    challenge: behaviour.challenge ?? challenge,
    origin: behaviour.origin ?? 'http://localhost:3000',
    crossOrigin: behaviour.crossOrigin ?? false,
  };
  return Buffer.from(JSON.stringify(data)).toString('base64url');
}
