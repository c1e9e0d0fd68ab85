/** The token in the value of an `Authorization` header (RFC 6750 section 2.1), empty if the header holds none; undefined if it has another scheme. */
export function bearerToken(value: unknown): string | undefined {
  const text = Array.isArray(value) ? (value as unknown[])[0] : value;
  const header = Buffer.isBuffer(text) ? text.toString() : text;
  if (typeof header !== 'string') return undefined;
  const bearer = /^bearer(?:$| +)(.*)$/i.exec(header);
  return bearer ? (bearer[1] ?? '') : undefined;
}
