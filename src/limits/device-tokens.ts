import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { equalBytes } from '../secrets/bytes.js';
import type { DerivedKeys } from '../secrets/key-ring.js';
import { KeyRing } from '../secrets/key-ring.js';

/** How long a device is known after its last sign-in. */
export const deviceTtlSeconds = 180 * 86_400;

const tokenShape = /^pwd1_[A-Za-z0-9_-]{54}$/;
const headBytes = 4 + 4 + 16;
const idStart = 8;
const tagBytes = 16;

/** What a device token is bound to: it is void as soon as one of these changes. */
export interface DeviceOwner {
  userId: string;
  email: string;
  /** As stored. */
  passwordHash: string;
}

/**
 * A device token shows that its holder has signed in to the account before (OWASP, "Slow Down Online Guessing Attacks with
 * Device Cookies"). It is `pwd1_` and base64url of 40 bytes: key id 4, issue time 4 (big-endian), device id 16, tag 16. It
 * opens nothing. Wrong passwords of its holder are only counted apart from those of strangers. Nothing is stored.
 */
@Injectable()
export class DeviceTokens {
  constructor(
    private readonly keys: KeyRing,
    private readonly clock: Clock,
  ) {}

  /** Draws an id for a device that has none yet. */
  static newDeviceId(): Buffer {
    return randomBytes(headBytes - idStart);
  }

  /** Issues a token to a device that has just signed in to the account, or has proven to own its address. */
  issue(owner: DeviceOwner, deviceId: Uint8Array): string {
    const issuedAt = Buffer.alloc(4);
    issuedAt.writeUInt32BE(this.clock.nowSeconds());
    const head = Buffer.concat([this.keys.current.id, issuedAt, deviceId]);
    return `pwd1_${Buffer.concat([head, tagOf(this.keys.current, head, owner)]).toString('base64url')}`;
  }

  /** Whether `recognise` could accept the token from some owner: without that, the owner need not be looked up. */
  mayBeOurs(token: string | undefined): token is string {
    return this.decode(token) !== undefined;
  }

  /** Returns the device's id, or undefined if the token was not issued to this owner, or too long ago. */
  recognise(token: string | undefined, owner: DeviceOwner): Uint8Array | undefined {
    const decoded = this.decode(token);
    if (!decoded || !equalBytes(decoded.tag, tagOf(decoded.keys, decoded.head, owner))) return undefined;
    return decoded.head.subarray(idStart);
  }

  private decode(token: string | undefined): { keys: DerivedKeys; head: Uint8Array; tag: Uint8Array } | undefined {
    if (token === undefined || !tokenShape.test(token)) return undefined;
    const bytes = Buffer.from(token.slice('pwd1_'.length), 'base64url');
    const head = bytes.subarray(0, headBytes);
    const keys = this.keys.find(head.subarray(0, 4));
    if (!keys || this.clock.nowSeconds() > head.readUInt32BE(4) + deviceTtlSeconds) return undefined;
    return { keys, head, tag: bytes.subarray(headBytes) };
  }
}

function tagOf(keys: DerivedKeys, head: Uint8Array, { userId, email, passwordHash }: DeviceOwner): Buffer {
  // No part but the last can contain a line break.
  return createHmac('sha256', keys.device)
    .update('pawl/device/2')
    .update(head)
    .update(`${userId}\n${email}\n${passwordHash}`)
    .digest()
    .subarray(0, tagBytes);
}
