/** The ids of a trace and of one of its spans, as a log line has them. */
export interface TraceIds {
  trace_id: string;
  span_id: string;
}

// W3C Trace Context section 3.2.2. A version after 00 may add fields at the end.
const traceparent = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/** Reads the header `traceparent`. Returns undefined if there is none, or if it is malformed: the header is ignored then. */
export function parseTraceparent(header: unknown): TraceIds | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId = '', spanId = '', more] = traceparent.exec(header) ?? [];
  if (version === undefined || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { trace_id: traceId, span_id: spanId };
}
