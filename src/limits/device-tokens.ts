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
const tagBytes = 16;

/**
 * Tokens that show that a device has signed in to an account before (OWASP, "Slow Down Online Guessing Attacks with Device
 * Cookies"). `pwd1_`, then in base64url: key id (4 bytes), time of issue (4, big-endian), nonce (16), tag (16). They grant no
 * access: failures of a known device are only counted apart from those of other callers. Nothing is stored.
 */
@Injectable()
export class DeviceTokens {
  constructor(
    private readonly keys: KeyRing,
    private readonly clock: Clock,
  ) {}

  /** For a caller that has just signed in to the account, or has proven to own its address. */
  issue(email: string): string {
    const issuedAt = Buffer.alloc(4);
    issuedAt.writeUInt32BE(this.clock.nowSeconds());
    const head = Buffer.concat([this.keys.current.id, issuedAt, randomBytes(16)]);
    return `pwd1_${Buffer.concat([head, tagOf(this.keys.current, head, email)]).toString('base64url')}`;
  }

  /** The device's id. Returns undefined if the token was not issued for this account, or too long ago. */
  recognise(token: string | undefined, email: string): string | undefined {
    if (token === undefined || !tokenShape.test(token)) return undefined;
    const bytes = Buffer.from(token.slice('pwd1_'.length), 'base64url');
    const head = bytes.subarray(0, headBytes);
    const keys = this.keys.find(head.subarray(0, 4));
    if (!keys || !equalBytes(bytes.subarray(headBytes), tagOf(keys, head, email))) return undefined;
    if (this.clock.nowSeconds() > head.readUInt32BE(4) + deviceTtlSeconds) return undefined;
    return head.subarray(8).toString('base64url');
  }
}

function tagOf(keys: DerivedKeys, head: Uint8Array, email: string): Buffer {
  return createHmac('sha256', keys.device)
    .update('pawl/device/1')
    .update(head)
    .update(email)
    .digest()
    .subarray(0, tagBytes);
}
