import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '#pawl/nest/decorators/public.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PublicJwk } from '../keys/public-jwk.js';
import { SigningKeys } from '../keys/signing-keys.js';
import { allowEveryOrigin } from './cors.js';

const JwksView = z.object({ keys: z.array(PublicJwk) }).meta({ id: 'JsonWebKeySet' });

@ApiTags('Keys')
@Controller('.well-known')
export class JwksController {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Public()
  @Get('jwks.json')
  @ApiOperation({ summary: 'The public keys that verify access tokens (RFC 7517)' })
  @ApiOkResponse({
    standardSchema: JwksView,
    description: 'The key set: the current key first, then next and retired ones',
  })
  keySet(@Res({ passthrough: true }) reply: FastifyReply): z.infer<typeof JwksView> {
    allowEveryOrigin(reply);
    reply.header('Cache-Control', `public, max-age=${this.config.keys.jwksMaxAgeSeconds}`);
    return { keys: this.keys.publicJwks() };
  }
}
