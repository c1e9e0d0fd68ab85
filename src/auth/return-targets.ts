import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { normaliseOrigin } from '../config/origins.js';

/** Where a browser may be sent after a sign-in with another provider. */
@Injectable()
export class ReturnTargets {
  private readonly base: string;
  private readonly origins: ReadonlySet<string>;

  constructor(@Inject(CONFIG) { publicUrl, origin, frontendUrl, corsOrigins }: Config) {
    this.base = frontendUrl ?? publicUrl;
    this.origins = new Set([origin, new URL(this.base).origin, ...corsOrigins]);
  }

  /**
   * Returns the URL: of our own origin, of FRONTEND_URL or of CORS_ORIGINS, or a path there. Without one, the frontend. Throws
   * `validation_failed` for any other, so that nobody can make a link to us that ends on a page of theirs (OWASP: unvalidated
   * redirects).
   */
  parse(returnTo: string | undefined): string {
    if (returnTo === undefined) return this.base;
    const url = URL.canParse(returnTo, this.base) ? new URL(returnTo, this.base) : undefined;
    const origin = url && normaliseOrigin(`${url.protocol}//${url.host}`);
    if (url && origin !== undefined && this.origins.has(origin) && url.username === '' && url.password === '') {
      url.hash = '';
      return url.href;
    }
    const message = 'must be a URL of PUBLIC_URL, FRONTEND_URL or CORS_ORIGINS';
    throw new ApiError('validation_failed', 'the origin is not listed', {
      fieldErrors: [{ path: 'return_to', message }],
    });
  }
}

/** The URL with more parameters in its query. Those of the same name are replaced. */
export function withParameters(url: string, parameters: Readonly<Record<string, string>>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  return target.href;
}
