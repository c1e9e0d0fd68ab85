/** Where to send the browser for a sign-in with another provider. */
export interface ProviderStart {
  url: string;
  /** Keep it, for example in `sessionStorage`: the code with which the browser comes back works only with it. */
  verifier?: string;
}

export interface ProviderOptions {
  /** Where the browser comes back to: a URL of Pawl's `PUBLIC_URL`, `FRONTEND_URL` or `CORS_ORIGINS`. */
  returnTo: string;
  /** A one-time code instead of a session in cookies, to connect the account of a signed-in user. Always in bearer mode. */
  code?: boolean | undefined;
}

/** With a code, the browser brings only what is worth nothing without the verifier (RFC 7636). */
export async function providerStart(
  base: string,
  id: string,
  { returnTo, code }: ProviderOptions,
): Promise<ProviderStart> {
  const query = new URLSearchParams({ return_to: returnTo });
  const verifier = code ? toBase64url(crypto.getRandomValues(new Uint8Array(32))) : undefined;
  if (verifier !== undefined) {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    query.set('code_challenge', toBase64url(new Uint8Array(hash)));
  }
  const url = `${base}/auth/providers/${encodeURIComponent(id)}/start?${query}`;
  return verifier === undefined ? { url } : { url, verifier };
}

function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '');
}
