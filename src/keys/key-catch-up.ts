import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { SigningKeys } from './signing-keys.js';

const everyMs = 1000;

/** Lets an instance that missed a rotation read the keys again before it refuses a token under an unknown key. */
@Injectable()
export class KeyCatchUp {
  private turn: Promise<void> | undefined;
  private lastTurnAtMs = -Infinity;

  constructor(private readonly keys: SigningKeys) {}

  /**
   * Resolves once the keys have been read after this call. They are read at most once a second, however many unknown
   * keys arrive; callers in between wait for the next reading.
   */
  run(): Promise<void> {
    this.turn ??= this.readInTurn();
    return this.turn;
  }

  private async readInTurn(): Promise<void> {
    await sleep(Math.max(0, this.lastTurnAtMs + everyMs - performance.now()));
    // A caller that arrives from here on might need something that this reading misses: it waits for the next one.
    this.turn = undefined;
    this.lastTurnAtMs = performance.now();
    await this.keys.reload();
  }
}
