import type { Attributes, Tracer } from '@opentelemetry/api';
import { SpanKind } from '@opentelemetry/api';
import type { SqlDriverAdapter, SqlQueryable, Transaction } from '@prisma/driver-adapter-utils';
import { findTracer, inSpan } from '../tracing/tracer.js';
import { summaryOf } from './statement-summary.js';

/**
 * Makes a span of each statement that the adapter runs for a traced request, by OpenTelemetry's semantic conventions for
 * databases. Every statement of Pawl has its values as parameters, and a span has the text without them. Changes nothing if
 * no SDK is registered.
 */
export function traceStatements<Factory extends { connect(): Promise<SqlDriverAdapter> }>(factory: Factory): Factory {
  const tracer = findTracer();
  if (!tracer) return factory;
  const connect = factory.connect.bind(factory);
  factory.connect = async () => traceAdapter(await connect(), tracer);
  return factory;
}

function traceAdapter(adapter: SqlDriverAdapter, tracer: Tracer): SqlDriverAdapter {
  traceQueries(adapter, tracer);
  const start = adapter.startTransaction.bind(adapter);
  adapter.startTransaction = async (level) => traceTransaction(await span(tracer, 'BEGIN', () => start(level)), tracer);
  return adapter;
}

function traceTransaction(transaction: Transaction, tracer: Tracer): Transaction {
  traceQueries(transaction, tracer);
  const [commit, rollback] = [transaction.commit.bind(transaction), transaction.rollback.bind(transaction)];
  transaction.commit = () => span(tracer, 'COMMIT', commit);
  transaction.rollback = () => span(tracer, 'ROLLBACK', rollback);
  return transaction;
}

function traceQueries(queryable: SqlQueryable, tracer: Tracer): void {
  const [query, execute] = [queryable.queryRaw.bind(queryable), queryable.executeRaw.bind(queryable)];
  queryable.queryRaw = (statement) => traceStatement(tracer, statement.sql, () => query(statement));
  queryable.executeRaw = (statement) => traceStatement(tracer, statement.sql, () => execute(statement));
}

/** Runs a statement in a span that has its text, and not its values. */
export function traceStatement<T>(tracer: Tracer, text: string, work: () => Promise<T>): Promise<T> {
  return span(tracer, summaryOf(text), work, { 'db.query.text': text });
}

function span<T>(tracer: Tracer, summary: string, work: () => Promise<T>, attributes: Attributes = {}): Promise<T> {
  const all = { 'db.system.name': 'postgresql', 'db.query.summary': summary, ...attributes };
  return inSpan(tracer, summary, { kind: SpanKind.CLIENT, attributes: all }, work);
}
