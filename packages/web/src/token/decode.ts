export interface DecodedToken {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** What the signature covers (RFC 7515 section 5.1), in ASCII. */
  signed: string;
  signature: Uint8Array<ArrayBuffer>;
}

/** Removes what comes along when a token is copied: white space, line breaks, quotes, and the scheme of a header. */
export function cleaned(text: string): string {
  return text
    .replace(/^\s*(authorization:)?\s*bearer\s+/i, '')
    .replace(/\s/g, '')
    .replace(/^(["'`])(.*)\1,?$/, '$2');
}

/** Reads a JWT in compact form (RFC 7519 section 7.2). Returns undefined for anything else. Checks no signature. */
export function decodeToken(token: string): DecodedToken | undefined {
  const parts = token.split('.');
  const [header, claims] = parts.slice(0, 2).map(objectIn);
  const signature = bytesIn(parts[2] ?? '!');
  if (parts.length !== 3 || !header || !claims || !signature) return undefined;
  return { header, claims, signed: `${parts[0]}.${parts[1]}`, signature };
}

function objectIn(part: string): Record<string, unknown> | undefined {
  const bytes = bytesIn(part);
  if (!bytes) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Base64url without padding (RFC 7515 section 2). */
function bytesIn(part: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(part) || part.length % 4 === 1) return undefined;
  return Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (character) => character.charCodeAt(0));
}
