import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Column } from './column-types.js';
import type { Prisma } from './generated/client.js';

/** The place of a value in the text of a statement. */
class Slot {
  constructor(readonly name: string) {}
}

type Parameter = string | Buffer | null;

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
  /** The columns of the row, on each connection that has described them. */
  readonly columns = new WeakMap<pg.Connection, readonly Column[]>();
  private readonly parameters: readonly (Slot | Parameter)[];

  constructor(define: (value: Slots<Values>) => Prisma.Sql) {
    const { text, values } = define(slots<Values>());
    this.text = text;
    this.name = statementName(text);
    this.parameters = values.map((value) => (value instanceof Slot ? value : toParameter(value)));
  }

  /** The parameters of one run, in the order of the text. */
  parametersOf(values: Values): Parameter[] {
    return this.parameters.map((given) =>
      given instanceof Slot ? toParameter(values[given.name as keyof Values]) : given,
    );
  }
}

/** How `pg` sends a value. Throws a TypeError for types that no statement has needed so far. */
function toParameter(value: unknown): Parameter {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.isBuffer(value) ? value : Buffer.from(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return null;
  throw new TypeError(`A prepared statement does not take a value of the type ${typeof value}.`);
}

function slots<Values>(): Slots<Values> {
  return new Proxy({}, { get: (_, name) => new Slot(String(name)) }) as Slots<Values>;
}

/** A name that two different statements do not share. */
export function statementName(text: string): string {
  return `pawl_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
