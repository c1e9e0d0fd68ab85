/** Loaded before Pawl (`node --import`): an OpenTelemetry SDK that samples TRACES (a share) and discards what it would export. */
import { BatchSpanProcessor, NodeTracerProvider, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-node';

const exporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => undefined };
new NodeTracerProvider({
  sampler: new TraceIdRatioBasedSampler(Number(process.env.TRACES)),
  spanProcessors: [new BatchSpanProcessor(exporter)],
}).register();
