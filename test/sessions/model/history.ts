import type { TokenParts } from '../refresh-story.js';
import type { Holder } from './family.js';
import { Family, nameOf } from './family.js';

export type Outcome =
  | 'rotate'
  | 'hold'
  | 'replay'
  | 'recover'
  | 'reuse'
  | 'expired'
  | 'revoked'
  | 'invalid'
  | 'ahead'
  | 'unavailable'
  /** The database did not answer; nothing has happened. */
  | 'away';

/** One use of a token, as seen from outside. */
export interface Presentation {
  by: Holder;
  token: TokenParts;
  /** The instant of the judgement lies between these two. */
  fromMs: number;
  untilMs: number;
  outcome: Outcome;
  /** The token of the answer, when there was one. */
  answered?: TokenParts;
  /** What of the key ids the instance lacks. */
  unknownKeyIds: ReadonlySet<string>;
}

export interface Lifetimes {
  graceMs: number;
  idleMs: number;
  ttlMs: number;
}

/** An instant, known to lie between two. */
interface Span {
  fromMs: number;
  untilMs: number;
}

/** PostgreSQL keeps milliseconds. */
const roundingMs = 2;

export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(promise: string, { by, token, outcome }: Presentation) {
    super(`${promise}: ${by} ${nameOf(token)} got ${outcome}`);
  }
}

/** What was answered to whom, and whether docs/refresh-tokens.md allows that it is. */
export class History {
  private family = new Family();
  private moved: Span | undefined;
  private endedBy: 'reuse' | 'logout' | 'time' | undefined;
  private endedInThisMoment = false;

  constructor(
    private readonly lifetimes: Lifetimes,
    first: TokenParts,
    private readonly signedIn: Span,
    /** No thief, and a network that keeps to what the promise asks of it. */
    private readonly ownerIsAlone: boolean,
  ) {
    this.family.issue(first, undefined, 'owner');
  }

  get over(): boolean {
    return this.endedBy !== undefined;
  }

  /** Equal for histories that the same things may follow. */
  get state(): string {
    return `${this.family.state}\n${this.endedBy}`;
  }

  copied(token: TokenParts): void {
    this.family.steal(token);
  }

  loggedOut(): void {
    this.endedBy = 'logout';
  }

  /** This history, and then the uses in this order. Throws a Violation if that may not be. */
  followedBy(uses: readonly Presentation[]): History {
    const next = Object.assign(Object.create(History.prototype) as History, this);
    next.family = this.family.copy();
    next.endedInThisMoment = false;
    for (const use of uses) next.admit(use);
    return next;
  }

  private admit(use: Presentation): void {
    const { outcome, token, answered, by } = use;
    this.check(use);
    if (outcome === 'rotate') this.family.use(token);
    if (outcome === 'rotate' || outcome === 'recover') this.moved = use;
    if (outcome === 'expired') this.endedBy ??= 'time';
    if (outcome === 'reuse' && !this.endedBy) {
      this.endedBy = 'reuse';
      this.endedInThisMoment = true;
    }
    if (!answered || outcome === 'hold') return;
    this.family.issue(answered, token, by);
    if (this.family.isSharedTooLong(answered)) throw new Violation('two holders share one rotation at most', use);
  }

  private check(use: Presentation): void {
    const { outcome, token, unknownKeyIds } = use;
    if (outcome === 'away') return;
    if (unknownKeyIds.has(token.keyId)) {
      demand(outcome === 'invalid', 'under an unknown key it is invalid', use);
      return;
    }
    demand(outcome !== 'invalid' && outcome !== 'ahead', 'a good token is not refused as a bad one', use);

    if (this.endedBy === 'reuse' || this.endedBy === 'logout') {
      const foundOutTogether = outcome === 'reuse' && this.endedInThisMoment && this.family.isSuperseded(token);
      demand(outcome === 'revoked' || foundOutTogether, 'a revoked session never comes back', use);
      return;
    }
    demand(outcome !== 'revoked', 'nobody revoked the session', use);
    if (this.endedBy === 'time' || this.isSurelyExpired(use)) {
      demand(outcome === 'expired', 'an expired session never comes back', use);
      return;
    }
    if (outcome === 'expired') {
      demand(!this.isSurelyLive(use), 'a session lives as long as it should', use);
      return;
    }

    const unreadable = this.moved !== undefined && unknownKeyIds.has(this.family.newest.keyId);
    demand((outcome === 'unavailable') === unreadable, 'only an instance that has its key judges a row', use);
    if (!unreadable) this.checkVerdict(use);
  }

  private checkVerdict(use: Presentation): void {
    const { token, outcome, answered } = use;
    if (outcome === 'reuse') {
      demand(!this.ownerIsAlone, 'without a thief nobody is signed out', use);
      demand(this.family.isSuperseded(token), 'only a superseded token is reuse', use);
      return;
    }
    demand(!this.family.isSuperseded(token), 'a superseded token is reuse', use);
    this.checkTime(use);
    const goesOn = outcome === 'hold' || outcome === 'rotate';
    if (goesOn) demand(this.family.lives(token), 'only a live token goes on', use);
    else demand(this.family.mayBeRepeated(token), 'only the token that was used last is answered again', use);

    if (!answered) throw new Violation('who is let in gets a token', use);
    if (outcome === 'hold') {
      demand(nameOf(answered) === nameOf(token), 'a held token comes back as it was', use);
      return;
    }
    demand(answered.generation === token.generation + 1, 'a child is one generation on', use);
    demand(!this.family.hasLane(answered), 'every answer has a lane of its own', use);
    const known = this.family.find(answered);
    if (outcome === 'replay') demand(known === this.family.newest, 'a replay gives the newest child again', use);
    else demand(known === undefined, 'a rotation or recovery gives a secret that nobody has yet', use);
  }

  private checkTime(use: Presentation): void {
    const { outcome, token, fromMs, untilMs } = use;
    const { graceMs } = this.lifetimes;
    const surelyWithin = (ms: number) => this.moved !== undefined && untilMs - this.moved.fromMs < ms - roundingMs;
    const surelyPast = (ms: number) => this.moved === undefined || fromMs - this.moved.untilMs > ms + roundingMs;
    const onItsLane = this.family.newest.parent === nameOf(token);
    if (outcome === 'hold') demand(!surelyPast(graceMs), 'a token is held within the grace time only', use);
    if (outcome === 'rotate') demand(!surelyWithin(graceMs), 'a grace time sees one rotation at most', use);
    const isFirstHalf = surelyWithin(graceMs / 2);
    if (outcome === 'replay') demand(!surelyPast(graceMs / 2), 'after half the grace time another child comes', use);
    if (outcome === 'replay') demand(onItsLane, 'a child is given to one lane only', use);
    if (outcome === 'recover') demand(!(isFirstHalf && onItsLane), 'in the first half the same child comes', use);
  }

  private isSurelyExpired({ fromMs }: Span): boolean {
    const { idleMs, ttlMs } = this.lifetimes;
    const lastUse = this.moved ?? this.signedIn;
    return fromMs > lastUse.untilMs + idleMs + roundingMs || fromMs > this.signedIn.untilMs + ttlMs + roundingMs;
  }

  private isSurelyLive({ untilMs }: Span): boolean {
    const { idleMs, ttlMs } = this.lifetimes;
    const lastUse = this.moved ?? this.signedIn;
    return untilMs < lastUse.fromMs + idleMs - roundingMs && untilMs < this.signedIn.fromMs + ttlMs - roundingMs;
  }
}

function demand(kept: boolean, promise: string, use: Presentation): void {
  if (!kept) throw new Violation(promise, use);
}
