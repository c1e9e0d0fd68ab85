import { setTimeout as sleep } from 'node:timers/promises';
import type { Span, SpanOptions, Tracer } from '@opentelemetry/api';
import { isSpanContextValid, SpanStatusCode, trace } from '@opentelemetry/api';

/**
 * Pawl's tracer, if the operator has registered an OpenTelemetry SDK before Pawl starts (docs/operations.md). Without one it
 * returns undefined, and callers leave their work as it is, so tracing costs nothing.
 */
export function findTracer(): Tracer | undefined {
  const tracer = trace.getTracer('pawl');
  // Only an SDK gives a span an id. This span never ends, so it is never exported.
  const probe = tracer.startSpan('probe', { root: true });
  return isSpanContextValid(probe.spanContext()) ? tracer : undefined;
}

/**
 * Runs `work` in a span that is a child of the current one. Without a tracer or a current span (a periodic job) it only runs
 * `work`. Of an error, the span has the type and never the message, which may quote what a user sent.
 */
export function inSpan<T>(
  tracer: Tracer | undefined,
  name: string,
  options: SpanOptions,
  work: (span?: Span) => Promise<T>,
): Promise<T> {
  if (!tracer || !trace.getActiveSpan()) return work();
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', errorTypeOf(error));
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Our own code, an SQLSTATE or the code of a system error; or else the class. */
function errorTypeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { originalCode?: unknown } };
  const known = cause?.originalCode ?? code;
  if (typeof known === 'string') return known;
  return error instanceof Error ? error.name : '_OTHER';
}

/** How long the last spans may take to leave before the process ends without them. */
const flushTimeoutMs = 2000;

/** What an SDK adds to the API's provider, which leads to it. */
interface SdkProvider {
  forceFlush?: () => Promise<void>;
  getDelegate?: () => SdkProvider;
}

/** Lets the SDK send the spans that it still holds. Resolves in any case. */
export async function flushSpans(): Promise<void> {
  const provider = trace.getTracerProvider() as SdkProvider;
  const sdk = provider.getDelegate?.() ?? provider;
  const timeout = sleep(flushTimeoutMs, undefined, { ref: false });
  // The SDK reports a collector that is away.
  await Promise.race([sdk.forceFlush?.().catch(() => undefined), timeout]);
}
