import { assertBetween, UnusableHash } from './unusable-hash.js';

const maxBytes = 128;
/** Base64 text this long is not by chance made of hexadecimal digits alone. */
const leastHexCharacters = 16;

/**
 * Reads base64 with or without padding; `-` and `_` of base64url, and `.` of passlib for `+`. Throws UnusableHash for
 * hexadecimal text, which would be read as other bytes and match no password ever.
 */
export function decodeBase64(text: string, least = 1): Buffer {
  if (isHex(text)) throw new UnusableHash('has hexadecimal text where base64 is expected: convert it to base64');
  let end = text.length;
  while (text[end - 1] === '=') end--;
  const bare = text.slice(0, end);
  if (!/^[\w+/.-]+$/.test(bare)) throw new UnusableHash('has characters that are not base64');
  // One character left over is less than a byte.
  if (bare.length % 4 === 1) throw new UnusableHash('is cut off');
  const bytes = Buffer.from(bare.replaceAll('.', '+'), 'base64');
  assertBetween('salt or hash bytes', bytes.length, least, maxBytes);
  return bytes;
}

export function decodeHex(text: string, least = 1): Buffer {
  if (!/^(?:[0-9a-f]{2})+$/i.test(text)) throw new UnusableHash('has a hash that is not hexadecimal');
  const bytes = Buffer.from(text, 'hex');
  assertBetween('hash bytes', bytes.length, least, maxBytes);
  return bytes;
}

function isHex(text: string): boolean {
  return text.length >= leastHexCharacters && text.length % 2 === 0 && /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(text);
}
