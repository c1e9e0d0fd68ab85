import type { Config } from '../config/config.js';

const hstsMaxAgeSeconds = 365 * 24 * 60 * 60;

/** Only what Swagger UI at /docs and our own pages need, and nothing from another origin. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "connect-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
].join(';');

/** The security headers by name in lower case, the same for every response. */
export function securityHeaders(config: Config): Readonly<Record<string, string>> {
  const overHttps = config.origin.startsWith('https:');
  return Object.freeze({
    'content-security-policy': contentSecurityPolicy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'no-referrer',
    ...(overHttps && { 'strict-transport-security': `max-age=${hstsMaxAgeSeconds}; includeSubDomains` }),
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-download-options': 'noopen',
    'x-frame-options': 'SAMEORIGIN',
    'x-permitted-cross-domain-policies': 'none',
    // Off: the filter in old browsers opened holes of its own.
    'x-xss-protection': '0',
  });
}
