import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { SigningKeys } from './signing-keys.js';

const everyMs = 1000;

/** For an instance that slept through a rotation: it looks for a key that it does not know before it refuses a token. */
@Injectable()
export class KeyCatchUp {
  private turn: Promise<void> | undefined;
  private lastTurnAtMs = -Infinity;

  constructor(private readonly keys: SigningKeys) {}

  /**
   * Resolves once the keys have been read after this call. At most one reading a second, however many unknown keys are
   * asked for; whoever comes in between waits for the next.
   */
  run(): Promise<void> {
    this.turn ??= this.readInTurn();
    return this.turn;
  }

  private async readInTurn(): Promise<void> {
    await sleep(Math.max(0, this.lastTurnAtMs + everyMs - performance.now()));
    // From here on a caller might ask for something that this reading misses: it gets a turn of its own.
    this.turn = undefined;
    this.lastTurnAtMs = performance.now();
    await this.keys.reload();
  }
}
