import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Public } from '#pawl/nest/decorators/public.js';
import { OperatorAccess } from './operator-access.js';
import { Readiness } from './readiness.js';
import { ChecksView } from './status.schema.js';

const LiveView = z.object({ status: z.literal('ok') }).meta({ id: 'Live' });

const ReadyView = z
  .object({
    status: z.enum(['ok', 'degraded', 'down']),
    checks: ChecksView.optional().meta({ description: 'For the operator, who sends METRICS_TOKEN.' }),
  })
  .meta({
    id: 'Ready',
    example: { status: 'ok', checks: { service: 'up', database: 'up', revocation_feed: 'up', limits: 'up' } },
  });
type ReadyView = z.infer<typeof ReadyView>;

@ApiTags('Health')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly operator: OperatorAccess,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process responds' })
  @ApiOkResponse({ standardSchema: LiveView, description: 'It responds' })
  live(): z.infer<typeof LiveView> {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Whether to send requests here',
    description: '`degraded` is 200: without its database the service still serves requests that need none.',
  })
  @ApiOkResponse({ standardSchema: ReadyView, description: 'Send requests' })
  @ApiServiceUnavailableResponse({ standardSchema: ReadyView, description: 'Starting or draining: send no requests' })
  async ready(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyView> {
    const checks = await this.readiness.check();
    const status =
      checks.service !== 'up'
        ? 'down'
        : checks.database === 'up' && checks.revocation_feed === 'up' && checks.limits === 'up'
          ? 'ok'
          : 'degraded';
    reply.status(status === 'down' ? 503 : 200);
    return this.operator.isGranted(request) ? { status, checks } : { status };
  }
}
