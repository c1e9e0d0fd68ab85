import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RequestTokens } from '../../access/request-tokens.js';
import { ApiError } from '../../common/errors.js';
import { RevocationLog } from '../../sessions/revocation-log.js';
import { Revocations } from '../../sessions/revocations.js';
import { toRevocable } from '../../sessions/revoked-tokens.js';
import { AccessTokens } from '../../tokens/access-token.js';
import { feedPage } from './feed-page.js';
import type { FeedToken } from './feed-token.js';
import { toFeedToken } from './feed-token.js';
import { Followers } from './followers.js';

/** GET /oauth/revocations: what other services must know to refuse the tokens that Pawl refuses (docs/revocation.md). */
@Injectable()
export class RevocationFeed {
  constructor(
    private readonly tokens: RequestTokens,
    private readonly accessTokens: AccessTokens,
    private readonly revocations: Revocations,
    private readonly log: RevocationLog,
    private readonly followers: Followers,
  ) {}

  /** A stream that begins after the cursor, or with everything that still matters. */
  async follow(request: FastifyRequest, cursor: string | undefined): Promise<Readable> {
    const token = await this.prepare(request, cursor);
    return this.followers.follow(token, cursor);
  }

  /** The same as JSON, one page of it. */
  async page(request: FastifyRequest, cursor: string | undefined): Promise<string> {
    await this.prepare(request, cursor);
    return feedPage(this.log, cursor);
  }

  /** Throws `client_required` if a user sends it: the feed names sessions and users of everybody. */
  private async prepare(request: FastifyRequest, cursor: string | undefined): Promise<FeedToken> {
    const { user } = request;
    if (user?.userId !== undefined) throw new ApiError('client_required', `user ${user.userId}`);
    this.followers.assertUpToDate();
    // The cursor may be from an instance that is ahead of this one.
    if (cursor !== undefined) await this.log.catchUpWith(cursor);
    const token = this.tokens.credentialsOf(request)?.token ?? '';
    // The guard has verified it, so this is recalled from memory.
    const claims = await this.accessTokens.verify(token);
    // As the last step: the token may have been revoked while this request waited, and only open streams hear of that.
    this.revocations.assertNotRevoked(toRevocable(claims));
    return toFeedToken(token, claims);
  }
}
