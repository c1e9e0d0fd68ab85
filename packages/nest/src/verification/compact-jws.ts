/**
 * Whether each part is written the only way that base64url has for it. RFC 7515 section 2 allows no padding and no line
 * breaks, and RFC 4648 section 3.5 no spare bits. Decoders ignore all of them, so that one signature would have many texts.
 */
export function hasOneSpelling(jws: string): boolean {
  return jws.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}
