import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { Scopes } from '#pawl/nest/decorators/scopes.js';
import { ApiProblems, tokenProblems } from '../../common/problem.schema.js';
import { FeedQuery, RevocationPage } from './feed.schema.js';
import { RevocationFeed } from './revocation-feed.js';

const eventStream = 'text/event-stream';
const json = 'application/json';

/** The feed is a resource of a client's own token, so it responds like the rest of the API and not in the terms of RFC 6749. */
@ApiTags('OAuth')
@ApiBearerAuth()
@ApiProblems(...tokenProblems, 'client_required')
@Scopes('revocations')
@Controller('oauth')
export class RevocationFeedController {
  constructor(private readonly feed: RevocationFeed) {}

  @Get('revocations')
  @ApiOperation({
    summary: 'Follow what is revoked',
    description:
      'For services that verify access tokens themselves. Server-sent events, or one page with `Accept: application/json`. docs/revocation.md explains both.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The same as `after`. Clients of server-sent events send it when they reconnect.',
    schema: { type: 'string' },
  })
  @ApiOkResponse({ standardSchema: RevocationPage, description: 'The feed' })
  @ApiProblems('validation_failed', 'rate_limited', 'overloaded', 'temporarily_unavailable')
  async follow(
    @Query({ schema: FeedQuery }) { after }: FeedQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const cursor = lastEventId ?? after;
    // nginx would otherwise keep the events until its buffer is full.
    reply.header('X-Accel-Buffering', 'no').header('Vary', 'Accept');
    if (request.method === 'HEAD' || prefersJson(request)) {
      await reply.type(json).send(await this.feed.page(request, cursor));
      return;
    }
    const stream = await this.feed.follow(request, cursor);
    reply.type(eventStream);
    reply.send(stream);
  }
}

/** Without a preference for JSON, it is a stream. */
function prefersJson({ headers }: FastifyRequest): boolean {
  return new Negotiator({ headers }).mediaType([eventStream, json]) === json;
}
