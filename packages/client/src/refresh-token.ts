/** Characters of a refresh token: its prefix, and 96 bytes in base64url. */
const tokenLength = 'pwl1_'.length + 128;

/**
 * How often the session was rotated before this refresh token was issued (docs/refresh-tokens.md). NaN, which is not
 * greater than anything, for a token of another format.
 */
export function generationOf(refreshToken: string): number {
  if (!refreshToken.startsWith('pwl1_') || refreshToken.length !== tokenLength) return NaN;
  // Bytes 36 to 39, big-endian, are characters 48 to 53. The prefix comes before them.
  const bytes = atob(refreshToken.slice(53, 61).replace(/-/g, '+').replace(/_/g, '/'));
  return [0, 1, 2, 3].reduce((generation, at) => generation * 256 + bytes.charCodeAt(at), 0);
}
