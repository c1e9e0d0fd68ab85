import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { PawlSettings } from './options.js';
import { SETTINGS } from './settings-token.js';

const wellKnown = '/.well-known/oauth-protected-resource';
const cacheControl = 'public, max-age=300';

/** Serves the metadata of this service (RFC 9728), from which OAuth clients learn that Pawl issues its tokens. */
@Injectable()
export class ResourceMetadataRoute implements OnModuleInit {
  constructor(
    @Inject(SETTINGS) private readonly settings: PawlSettings,
    private readonly host: HttpAdapterHost,
  ) {}

  /** A route of the adapter: a global prefix does not move it, and no guard of the application closes it. */
  onModuleInit(): void {
    const { resourceMetadata, issuer } = this.settings;
    // There is no adapter in a microservice, nor in an application without HTTP.
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (!resourceMetadata || !adapter) return;
    const { resource, scopes, name } = resourceMetadata;
    const document = {
      resource,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      ...(name !== undefined && { resource_name: name }),
    };
    for (const path of pathsOf(resource)) {
      adapter.get(path, (_request: unknown, response: unknown) => {
        adapter.setHeader(response, 'Cache-Control', cacheControl);
        adapter.setHeader(response, 'Access-Control-Allow-Origin', '*');
        adapter.reply(response, document, 200);
      });
    }
  }
}

/** RFC 9728 section 5.1: a challenge says where the metadata is. */
export function metadataChallenge({ resourceMetadata }: PawlSettings): string {
  if (!resourceMetadata) return '';
  const { resource } = resourceMetadata;
  return `, resource_metadata="${new URL(resource).origin}${pathsOf(resource).at(-1)!}"`;
}

/** RFC 9728 section 3.1: the path of the resource comes after the well-known part. */
function pathsOf(resource: string): string[] {
  const path = new URL(resource).pathname.replace(/\/+$/, '');
  return path === '' ? [wellKnown] : [wellKnown, wellKnown + path];
}
