import { Remembered } from './json-values.js';

const maxValuesOfName = 40;

/** Texts that the service has given, by the name of the member, so that requests reach past the first check. */
export class Memory {
  private readonly values = new Map<string, string[]>();
  private readonly sources = new Map<string, () => string | undefined>();

  /** Recalls what `source` returns at that moment under this name, most of the time. */
  provide(name: string, source: () => string | undefined): void {
    this.sources.set(name, source);
  }

  /** The value that was remembered last. */
  last(name: string): string | undefined {
    return this.nth(name, 0);
  }

  /** The newest value is 0; starts again after the oldest. */
  nth(name: string, index: number): string | undefined {
    const values = this.values.get(name) ?? [];
    return values.at(-1 - (index % values.length));
  }

  remember(name: string, value: string): void {
    const values = this.values.get(name) ?? [];
    if (values.length === maxValuesOfName) values.shift();
    values.push(value);
    this.values.set(name, values);
  }

  /** Remembers every text of a response by its name, and ids by the path too. */
  learn(path: string, body: unknown): void {
    if (Array.isArray(body)) for (const element of body) this.learn(path, element);
    if (typeof body !== 'object' || body === null) return;
    for (const [name, member] of Object.entries(body)) {
      if (typeof member !== 'string') this.learn(path, member);
      else if (name === 'id' || name.endsWith('_id'))
        this.remember(name === 'client_id' ? '/admin/clients' : path, member);
      if (typeof member === 'string') this.remember(aliases[name] ?? name, member);
    }
  }

  /** A copy of the value with what is remembered in place of each Remembered. */
  recall(value: unknown): unknown {
    if (value instanceof Remembered) {
      const current = value.index !== 1 ? this.sources.get(value.name)?.() : undefined;
      if (current !== undefined) return current;
      return this.nth(value.name, value.index) ?? value.otherwise;
    }
    if (Array.isArray(value)) return value.map((element) => this.recall(element));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.recall(member)]));
  }
}

/** Members of responses that requests call by another name. */
const aliases: Readonly<Record<string, string>> = { next_cursor: 'cursor', access_token: 'token' };
