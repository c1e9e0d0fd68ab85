import type { KeyObject } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ApiError } from '../common/errors.js';
import type { SigningKey as SigningKeyRow } from '../database/generated/client.js';
import { KeyRing } from '../secrets/key-ring.js';
import type { JudgedKeys } from './key-schedule.js';
import { judgeKeys } from './key-schedule.js';
import type { PublicJwk } from './public-jwk.js';
import type { OpenedKey, SigningKey } from './signing-key.js';
import { openKey } from './signing-key.js';
import { SigningKeyStore } from './signing-key-store.js';

/** A key that can sign here. */
export type Signer = SigningKey & { readonly signsWith: KeyObject };

const noKeys: JudgedKeys<SigningKeyRow> = {
  next: [],
  current: undefined,
  retired: [],
  gone: [],
  revoked: [],
  changesAt: undefined,
};

/**
 * The keys that sign and verify access tokens, in the memory of this instance. They stay in use while the database cannot
 * be reached. key-rotation.ts makes sure that they are read again in time.
 */
@Injectable()
export class SigningKeys {
  private readonly logger = new Logger('Keys');
  private rows: readonly SigningKeyRow[] = [];
  private opened: ReadonlyMap<string, OpenedKey> = new Map();
  private judged = noKeys;
  /** The database's clock minus `Clock.elapsedMs`: times are compared with the database's. */
  private aheadMs = 0;
  private reading: Promise<void> | undefined;
  private nextReading: Promise<void> | undefined;

  constructor(
    private readonly store: SigningKeyStore,
    private readonly keyRing: KeyRing,
    private readonly clock: Clock,
  ) {}

  /** Throws `temporarily_unavailable` if this instance cannot sign with the key that all instances sign with. */
  get current(): Signer {
    const key = this.opened.get(this.judgedNow().current?.kid ?? '')?.key;
    if (key && canSign(key)) return key;
    throw new ApiError('temporarily_unavailable', 'the current signing key cannot be used', { retryAfterSeconds: 30 });
  }

  /** Returns undefined if it is not one of our keys (any more). An unchanged key stays the same object after a reading. */
  find(kid: string): SigningKey | undefined {
    return this.opened.get(kid)?.key;
  }

  /** Whether the key was revoked, so that it need not be looked up. */
  isRevoked(kid: string): boolean {
    return this.judged.revoked.some((row) => row.kid === kid);
  }

  /** Next, current and retired; never a shared secret. */
  publicJwks(): PublicJwk[] {
    const { next, current, retired } = this.judgedNow();
    const rows = [...(current ? [current] : []), ...next, ...retired];
    return rows.flatMap(({ kid }) => this.find(kid)?.publicJwk ?? []);
  }

  /** The rows of the last reading, and the database's time now. */
  snapshot(): { rows: readonly SigningKeyRow[]; now: Date } {
    return { rows: this.rows, now: this.now() };
  }

  /** Why the current key cannot sign here; undefined if it can, or if there is none. */
  faultOfCurrent(): OpenedKey['fault'] {
    return this.opened.get(this.judgedNow().current?.kid ?? '')?.fault;
  }

  /** Reads the keys again. A call during a reading waits for the next one, so that it misses nothing committed by now. */
  reload(): Promise<void> {
    if (this.reading) return (this.nextReading ??= this.reading.then(nothing, nothing).then(() => this.reload()));
    this.nextReading = undefined;
    this.reading = this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  /** Resolves when no reading is in progress. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.reading, this.nextReading]);
  }

  private async read(): Promise<void> {
    const { offsetMs } = this.clock;
    const { rows, now } = await this.store.read();
    // A test has moved the clock in the meantime: `now` may be from before.
    if (this.clock.offsetMs !== offsetMs) return this.read();
    this.aheadMs = now.getTime() - this.clock.elapsedMs();
    const { revoked, gone } = judgeKeys(rows, now);
    const live = rows.filter((row) => !revoked.includes(row) && !gone.includes(row));
    const opened = new Map(live.map((row) => [row.kid, this.openUnlessKnown(row)]));
    this.logChanges(rows, opened);
    this.rows = rows;
    this.opened = opened;
    this.judged = judgeKeys(rows, now);
  }

  private openUnlessKnown(row: SigningKeyRow): OpenedKey {
    const known = this.opened.get(row.kid);
    // A fault may have been corrected: the row is tried again.
    if (known && !known.fault) return known;
    const opened = openKey(row, this.keyRing);
    return known && known.fault === opened.fault ? known : opened;
  }

  private judgedNow(): JudgedKeys<SigningKeyRow> {
    const now = this.now();
    if (this.judged.changesAt && this.judged.changesAt <= now) this.judged = judgeKeys(this.rows, now);
    return this.judged;
  }

  private now(): Date {
    return new Date(this.clock.elapsedMs() + this.aheadMs);
  }

  private logChanges(rows: readonly SigningKeyRow[], opened: ReadonlyMap<string, OpenedKey>): void {
    for (const row of rows) {
      const before = this.opened.get(row.kid);
      const fault = opened.get(row.kid)?.fault;
      if (fault && fault !== before?.fault) this.logger.error(describeFault(row, fault));
      if (before && row.revokedAt)
        this.logger.warn(`Signing key ${row.kid} was revoked: every token under it is refused.`);
    }
  }
}

function canSign(key: SigningKey): key is Signer {
  return key.signsWith !== undefined;
}

function describeFault({ kid, algorithm }: SigningKeyRow, fault: NonNullable<OpenedKey['fault']>): string {
  const name = `Signing key ${kid} (${algorithm})`;
  if (fault === 'damaged') return `${name} is damaged in the database: nothing under it is accepted.`;
  const effect = algorithm === 'HS256' ? 'no token under it is accepted here' : 'it verifies here, and cannot sign';
  return `${name} is sealed under an AUTH_SECRET value that this instance does not have: ${effect}. Add that value after the first one.`;
}

function nothing(): void {
  // The caller of that reading sees its error.
}
