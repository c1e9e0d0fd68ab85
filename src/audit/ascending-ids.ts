import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock } from '../common/clock.js';

const sequenceBits = 31;

/**
 * UUIDs version 7 (RFC 9562 section 5.7) by the service's clock. Each is greater than the previous one, even within a
 * millisecond, so that the events of one action are listed in order and a time range is a range of ids.
 */
export class AscendingIds {
  private ms = -Infinity;
  private sequence = 0;

  constructor(private readonly clock: Clock) {}

  next(): string {
    const now = this.clock.nowMs();
    const full = this.sequence >= 2 ** 32 - 1;
    if (now > this.ms || full) {
      this.ms = Math.max(now, this.ms + (full ? 1 : 0));
      this.sequence = randomBytes(4).readUInt32BE() >>> (32 - sequenceBits);
    } else {
      this.sequence += 1;
    }
    return v7({ msecs: this.ms, seq: this.sequence });
  }
}
