import type { PawlClient } from '../options.js';

/** `client_secret_basic`: both parts form-encoded first (RFC 6749 section 2.3.1). */
export function basicCredentials({ clientId, clientSecret }: PawlClient): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`;
}
