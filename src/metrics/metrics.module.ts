import { Global, Module } from '@nestjs/common';
import { Metrics } from './metrics.js';

/** Hands the metrics to whoever has something to count. */
@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule {}
