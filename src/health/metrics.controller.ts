import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Registry } from 'prom-client';
import { Public } from '#pawl/nest/decorators/public.js';
import { Metrics } from '../metrics/metrics.js';
import { processMetrics } from '../metrics/process-metrics.js';
import { Gauges } from './gauges.js';
import { OperatorAccess } from './operator-access.js';

/** Metrics in Prometheus' text format. Not part of the API, so the OpenAPI document leaves it out. See docs/operations.md. */
@ApiExcludeController()
@Public()
@Controller('metrics')
export class MetricsController {
  private readonly all: Registry;

  constructor(
    metrics: Metrics,
    private readonly gauges: Gauges,
    private readonly operator: OperatorAccess,
  ) {
    this.all = Registry.merge([metrics.registry, processMetrics()]);
  }

  @Get()
  scrape(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    this.operator.assertGranted(request);
    this.gauges.read();
    reply.type(this.all.contentType);
    return this.all.metrics();
  }
}
