/** RFC 6749 section 3.3: tokens of visible ASCII without `"` and `\`, separated by single spaces. */
const scopeTokens = /^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/;

/** An empty text means no scope, and is valid. */
export function isScope(text: string): boolean {
  return text === '' || scopeTokens.test(text);
}

/** Order and repetition do not matter (RFC 6749 section 3.3). */
export function includesScope(granted: string, requested: string): boolean {
  const all = new Set(granted.split(' '));
  return requested.split(' ').every((token) => all.has(token));
}
