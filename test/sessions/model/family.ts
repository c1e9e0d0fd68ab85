import type { TokenParts } from '../refresh-story.js';

/** Who may present a token of the session: its owner (any tab), and who copied something of the owner's. */
export type Holder = 'owner' | 'thief';

/** A secret that the service gave out, and the one token it was given for. */
interface Issued {
  secret: string;
  generation: number;
  parent: string | undefined;
  keyId: string;
}

/**
 * All secrets of one session, as their holders see them: a tree, each secret given out for one token. At any time at most
 * one secret of a generation has been used; of the newest generation the last two given out live, until one is used; the
 * used one before them may be presented again. Every other one has been superseded. No hash, nonce or row is known here.
 */
export class Family {
  private readonly issued: Issued[] = [];
  private readonly usedByGeneration = new Map<number, string>();
  private readonly lanes = new Set<string>();
  private readonly receivers = new Map<string, Set<Holder>>();
  private readonly stolen = new Set<string>();

  copy(): Family {
    const receivers = new Map([...this.receivers].map(([secret, holders]) => [secret, new Set(holders)]));
    return Object.assign(new Family(), {
      issued: [...this.issued],
      usedByGeneration: new Map(this.usedByGeneration),
      lanes: new Set(this.lanes),
      stolen: new Set(this.stolen),
      receivers,
    });
  }

  /** Equal for families in which the same things may happen. */
  get state(): string {
    const issued = this.issued.map(({ secret, parent }) => `${secret} ${parent}`);
    return [...issued, ...this.usedByGeneration.values()].join('\n');
  }

  get newest(): Issued {
    return this.issued.at(-1)!;
  }

  issue(token: TokenParts, parent: TokenParts | undefined, to: Holder): void {
    const secret = secretOf(token);
    this.lanes.add(token.lane);
    if (!this.find(token)) {
      const { generation, keyId } = token;
      this.issued.push({ secret, generation, parent: parent && nameOf(parent), keyId });
    }
    this.receivers.set(secret, (this.receivers.get(secret) ?? new Set<Holder>()).add(to));
  }

  use(token: TokenParts): void {
    this.usedByGeneration.set(token.generation, secretOf(token));
  }

  steal(token: TokenParts): void {
    this.stolen.add(nameOf(token));
  }

  find(token: TokenParts): Issued | undefined {
    return this.issued.find(({ secret }) => secret === secretOf(token));
  }

  hasLane({ lane }: TokenParts): boolean {
    return this.lanes.has(lane);
  }

  lives(token: TokenParts): boolean {
    const candidates = this.issued.slice(-2).filter(({ generation }) => generation === this.newest.generation);
    return candidates.some(({ secret }) => secret === secretOf(token));
  }

  mayBeRepeated(token: TokenParts): boolean {
    return this.usedByGeneration.get(this.newest.generation - 1) === secretOf(token);
  }

  isSuperseded(token: TokenParts): boolean {
    return !this.lives(token) && !this.mayBeRepeated(token);
  }

  /** Whether both holders were given this secret, though neither had copied the other's very token before it. */
  isSharedTooLong(token: TokenParts): boolean {
    const { parent } = this.find(token)!;
    return this.receivers.get(secretOf(token))!.size > 1 && !(parent !== undefined && this.stolen.has(parent));
  }
}

function secretOf({ secret }: TokenParts): string {
  return secret.toString('hex');
}

/** One token and no other: the same secret on another lane has another name. */
export function nameOf(token: TokenParts): string {
  return `${token.generation}:${secretOf(token).slice(0, 16)}:${token.lane}`;
}
