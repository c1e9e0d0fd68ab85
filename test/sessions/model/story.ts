import { partsOf } from '../refresh-story.js';
import type { Outcome } from './history.js';
import { History } from './history.js';
import { PossibleHistories } from './possible-histories.js';
import type { Service, Use, Used } from './service.js';
import { lifetimes } from './service.js';

/** What is under way between the owner's tabs and the service. */
export interface Message {
  kind: 'request' | 'answer';
  refreshToken: string;
  /** Its tab is gone: nobody will write the answer down. */
  orphaned: boolean;
}

/** The clock of a story goes on while a slow machine works, so the limit below is kept with a margin. */
const marginMs = 60_000;
/** How long the owner's network may be busy without a break. The promise allows half the grace time. */
const busyLimitMs = lifetimes.graceMs / 2 - marginMs;

/**
 * One session's life: an owner whose tabs share one storage and read it before each request, a network between the tabs
 * and the service, and a thief, if there is one, who keeps every token it ever saw.
 */
export class Story {
  /** The owner's one storage. The answer that arrives last is what it holds, however old it is. */
  storage: string;
  network: Message[] = [];
  loot: string[] = [];
  steps = 0;
  stepsSinceOver = 0;
  readonly outcomes: Outcome[] = [];
  private readonly histories: PossibleHistories;
  /** Since when there has always been a message under way; undefined if there is none. */
  private busySinceMs: number | undefined;

  private constructor(
    private readonly service: Service,
    private readonly signIn: Awaited<ReturnType<Service['signIn']>>,
    /** Whether the owner is alone, and the network keeps to what the promise asks of it. */
    private readonly alone: boolean,
    /** The session's row as it was at the sign-in. */
    readonly oldBackup: unknown,
  ) {
    this.storage = signIn.refreshToken;
    this.histories = new PossibleHistories(new History(lifetimes, partsOf(signIn.refreshToken), signIn, alone));
  }

  static async begin(service: Service, alone: boolean): Promise<Story> {
    service.clock.offsetMs = 0;
    const signIn = await service.signIn(0);
    return new Story(service, signIn, alone, await service.backUp(signIn.sessionId));
  }

  get sessionId(): string {
    return this.signIn.sessionId;
  }

  get over(): boolean {
    return this.histories.over;
  }

  of(kind: Message['kind']): Message[] {
    return this.network.filter((message) => message.kind === kind);
  }

  /** A tab reads the storage, and asks. */
  send(): void {
    this.putOnTheWay({ kind: 'request', refreshToken: this.storage, orphaned: false });
  }

  lose(message: Message): void {
    this.network = this.network.filter((other) => other !== message);
  }

  /** A tab gets its answer and writes it down. */
  receive(message: Message): void {
    this.lose(message);
    if (!message.orphaned) this.storage = message.refreshToken;
  }

  steal(refreshToken: string): void {
    this.loot.push(refreshToken);
    this.histories.copied(partsOf(refreshToken));
  }

  signedOut(): void {
    this.histories.loggedOut();
  }

  advance(ms: number): void {
    if (this.network.length === 0) this.busySinceMs = undefined;
    this.service.clock.offsetMs += ms;
    this.loseWhatTakesTooLong();
  }

  /** To be called before each step: what is not under way then leaves the network quiet. */
  beginStep(): void {
    if (this.network.length === 0) this.busySinceMs = undefined;
    this.loseWhatTakesTooLong();
  }

  /** Uses tokens side by side; what is answered goes on its way, or into the thief's hands. */
  async use(...uses: (Use & { message?: Message })[]): Promise<Used[]> {
    this.busySinceMs ??= this.service.clock.nowMs();
    const used = await this.service.useTogether(uses);
    this.outcomes.push(...used.map(({ outcome }) => outcome));
    this.histories.record(used);
    for (const [index, { refreshToken, by }] of used.entries()) {
      if (refreshToken === undefined) continue;
      if (by === 'thief') this.loot.push(refreshToken);
      else this.putOnTheWay({ kind: 'answer', refreshToken, orphaned: uses[index]!.message?.orphaned ?? false });
    }
    return used;
  }

  private putOnTheWay(message: Message): void {
    this.busySinceMs ??= this.service.clock.nowMs();
    this.network.push(message);
  }

  /**
   * What the promise to an owner alone asks of the network: messages may be lost, repeated, reordered and delayed, also past
   * the end of a grace time, but within half a grace time there is a moment at which none is under way.
   */
  private loseWhatTakesTooLong(): void {
    if (!this.alone || this.busySinceMs === undefined) return;
    if (this.service.clock.nowMs() - this.busySinceMs <= busyLimitMs) return;
    this.network = [];
    this.busySinceMs = undefined;
  }
}
