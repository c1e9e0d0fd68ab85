import type { TokenParts } from '../refresh-story.js';
import type { History, Presentation } from './history.js';

/**
 * Uses that ran side by side may have happened in any order that explains their answers, and later answers may tell which:
 * until then, all of those histories are possible. When none is left, the promise was broken.
 */
export class PossibleHistories {
  private histories: History[];

  constructor(first: History) {
    this.histories = [first];
  }

  get over(): boolean {
    return this.histories.every(({ over }) => over);
  }

  copied(token: TokenParts): void {
    for (const history of this.histories) history.copied(token);
  }

  loggedOut(): void {
    for (const history of this.histories) history.loggedOut();
  }

  /** Throws a Violation, unless the uses, which ran side by side, may have followed in some order. */
  record(uses: readonly Presentation[]): void {
    const possible = new Map<string, History>();
    let violation: unknown;
    for (const history of this.histories) {
      for (const order of ordersOf(uses)) {
        try {
          const next = history.followedBy(order);
          possible.set(next.state, next);
        } catch (error) {
          violation = error;
        }
      }
    }
    if (possible.size === 0) throw violation;
    this.histories = [...possible.values()];
  }
}

function* ordersOf<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of ordersOf([...items.slice(0, index), ...items.slice(index + 1)])) yield [item, ...rest];
  }
}
