import { createHash } from 'node:crypto';
import type { Prisma } from './generated/client.js';

/** The place of a value in the text of a statement. */
class Slot {
  constructor(readonly name: string) {}
}

type Slots<Values> = { readonly [Name in keyof Values]: Slot };

/**
 * A statement whose text is put together once. Each run brings its own `Values`; what `define` interpolates besides them is
 * the same for every run. `Row` is what the statement returns: the type is taken on trust, as with `$queryRaw`.
 */
export class PreparedStatement<Values extends object, Row extends object> {
  /** For the type checker only. */
  declare readonly row: Row;
  readonly text: string;
  /** Under this name PostgreSQL parses and plans it once per connection. */
  readonly name: string;
  private readonly parameters: readonly unknown[];

  constructor(define: (value: Slots<Values>) => Prisma.Sql) {
    const { text, values } = define(slots<Values>());
    this.text = text;
    this.name = statementName(text);
    this.parameters = values;
  }

  /** The parameters of one run, in the order of the text. */
  parametersOf(values: Values): unknown[] {
    return this.parameters.map((given) => (given instanceof Slot ? values[given.name as keyof Values] : given));
  }
}

function slots<Values>(): Slots<Values> {
  return new Proxy({}, { get: (_, name) => new Slot(String(name)) }) as Slots<Values>;
}

/** A name that two different statements do not share. */
export function statementName(text: string): string {
  return `pawl_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
