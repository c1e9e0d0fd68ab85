import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';

/**
 * The names of our cookies. With the `__Host-` prefix, browsers demand Secure, Path=/ and no Domain, so no subdomain can
 * set one of these. COOKIE_PREFIX separates services on one host: cookies do not distinguish ports.
 */
@Injectable()
export class CookieNames {
  readonly access: string;
  readonly refresh: string;
  readonly device: string;
  /** Binds a sign-in with another provider to the browser that started it. */
  readonly provider: string;

  constructor(@Inject(CONFIG) { cookiePrefix }: Pick<Config, 'cookiePrefix'>) {
    this.access = `__Host-${cookiePrefix}_access`;
    this.refresh = `__Host-${cookiePrefix}_refresh`;
    this.device = `__Host-${cookiePrefix}_device`;
    this.provider = `__Host-${cookiePrefix}_provider`;
  }
}
