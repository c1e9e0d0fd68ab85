import type pg from 'pg';
import type { Column, TypeId } from './column-types.js';
import { readerOf } from './column-types.js';
import type { PreparedStatement } from './prepared-statement.js';

type Outcome = (error: Error | null) => void;

/**
 * One run of a statement, which the pool takes like a query of `pg`. It differs in one thing: PostgreSQL describes the columns
 * of a named statement once per connection, and not with each response. They stay true, because PostgreSQL refuses to run a
 * prepared statement whose columns have changed. The messages are those of the extended query protocol (PostgreSQL,
 * "Message Flow").
 */
export class PreparedQuery<Values extends object, Row extends object> implements pg.Submittable {
  /** The pool sets it, and `pg` wraps it to limit the time. */
  callback: Outcome | undefined;
  /** `pg` remembers under this name that the connection has prepared the text. */
  readonly name: string | undefined;
  readonly text: string;
  private readonly values: (string | Buffer | null)[];
  private readonly received: (string | null)[][] = [];
  private connection: pg.Connection | undefined;

  constructor(
    private readonly statement: PreparedStatement<Values, Row>,
    values: Values,
    { isNamed }: { isNamed: boolean },
  ) {
    this.text = statement.text;
    this.name = isNamed ? statement.name : undefined;
    this.values = statement.parametersOf(values);
  }

  /** What was returned. Complete once the pool has reported no error. */
  rows(): Row[] {
    const columns = this.connection && this.statement.columns.get(this.connection);
    return columns ? this.received.map((texts) => toRow(texts, columns) as Row) : [];
  }

  submit(connection: pg.Connection): void {
    this.connection = connection;
    // So that all messages leave together.
    connection.stream.cork();
    this.describe(connection);
    connection.bind({ statement: this.name, values: this.values }, true);
    connection.execute(null, true);
    connection.sync();
    connection.stream.uncork();
  }

  handleRowDescription({ fields }: { fields: readonly { name: string; dataTypeID: TypeId }[] }): void {
    const columns = fields.map(({ name, dataTypeID }) => ({ name, read: readerOf(dataTypeID) }));
    this.statement.columns.set(this.connection!, columns);
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    this.received.push(fields);
  }

  handleCommandComplete(): void {
    // The number of rows is not needed.
  }

  handleReadyForQuery(): void {
    this.callback?.(null);
  }

  handleError(error: Error): void {
    this.callback?.(error);
  }

  /** Prepares the statement, if it is not, and asks for its columns, if they are not known. */
  private describe(connection: pg.Connection): void {
    const { name, text } = this;
    const isPrepared = name !== undefined && hasPrepared(connection, name);
    if (isPrepared && this.statement.columns.has(connection)) return;
    if (!isPrepared) connection.parse({ name: name ?? '', text, types: [] }, true);
    connection.describe({ type: 'S', name }, true);
  }
}

/** `@types/pg` leaves out what a connection remembers: the texts of its statements by name. */
function hasPrepared(connection: pg.Connection, name: string): boolean {
  return name in (connection as pg.Connection & { readonly parsedStatements: object }).parsedStatements;
}

function toRow(texts: readonly (string | null)[], columns: readonly Column[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let i = 0; i < columns.length; i++) {
    const { name, read } = columns[i]!;
    const text = texts[i] ?? null;
    row[name] = text === null ? null : read(text);
  }
  return row;
}
