import type { Type } from '@nestjs/common';
import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { allowEveryOrigin } from './cors.js';
import { metadataOf, ServerMetadata } from './metadata.js';

const document = 'oauth-authorization-server';
const cacheControl = 'public, max-age=300';

/** Describes to OAuth client libraries what this service supports (RFC 8414). Its routes depend on the issuer. */
export function metadataControllerOf(issuer: string): Type {
  const metadata = metadataOf(issuer);
  const issuerPath = new URL(issuer).pathname.replace(/\/$/, '');
  // RFC 8414 section 3.1: the issuer's path comes after the well-known part. A proxy that strips the path maps
  // `<issuer>/.well-known/oauth-authorization-server` to the plain one.
  const paths = issuerPath === '' ? [document] : [document, document + issuerPath];

  @ApiTags('OAuth')
  @Public()
  @Controller('.well-known')
  class MetadataController {
    @Get(paths)
    @Header('Cache-Control', cacheControl)
    @ApiOperation({ summary: 'What this authorization server can do (RFC 8414)' })
    @ApiOkResponse({ standardSchema: ServerMetadata, description: 'The metadata' })
    metadata(@Res({ passthrough: true }) reply: FastifyReply): ServerMetadata {
      allowEveryOrigin(reply);
      return metadata;
    }
  }
  return MetadataController;
}
