import { z } from 'zod';
import { list } from './setting-types.js';

/** A host name or an IP address, and a port: what an origin has after its scheme. No `*`, which URLs allow. */
const authority = /^([a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(:\d{1,5})?$/;
/** Schemes whose pages have an opaque origin, which browsers send as `null`, or are not pages. */
const withoutOrigin = new Set(['file:', 'ftp:', 'ws:', 'wss:', 'data:', 'blob:', 'javascript:', 'about:']);

/**
 * An origin as browsers spell it in `Origin` (RFC 6454 section 6.2): lower case, no default port, no slash at the end. Besides
 * http and https it may have the scheme of an app (`capacitor://localhost`) or of an extension (`chrome-extension://...`).
 * Returns undefined if the text is not one origin.
 */
export function normaliseOrigin(text: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+\/?$/i.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, host } = new URL(text);
  // URLs of unknown schemes keep the case of their host.
  const lowerCaseHost = host.toLowerCase();
  const isApp = protocol !== 'http:' && protocol !== 'https:';
  // Electron's protocol handlers commonly serve an app from app://-.
  const isAuthority = authority.test(lowerCaseHost) || (isApp && lowerCaseHost === '-');
  if (withoutOrigin.has(protocol) || !isAuthority) return undefined;
  return `${protocol}//${lowerCaseHost}`;
}

/**
 * Whether a request's `Origin` is one of the normalised origins. Browsers normalise http and https, and keep the case of an app's
 * or an extension's host.
 */
export function includesOrigin(listed: ReadonlySet<string>, origin: string | undefined): boolean {
  if (origin === undefined) return false;
  return listed.has(origin) || (!/^https?:/i.test(origin) && listed.has(origin.toLowerCase()));
}

/** A list of origins, normalised. A wildcard is refused: listed pages may use cookies, and it would list pages of strangers. */
export const origins = list.transform((items, context) => {
  if (items.some((item) => item.includes('*'))) {
    context.addIssue('must list each origin in full: wildcards are not supported');
    return z.NEVER;
  }
  const found = items.map(normaliseOrigin);
  if (found.includes(undefined)) {
    context.addIssue('must list origins such as https://app.example.com, without path');
    return z.NEVER;
  }
  return [...new Set(found as string[])];
});
