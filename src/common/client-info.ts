/** Where a request came from, as far as TRUST_PROXY lets it be known. */
export interface ClientInfo {
  /** Address of the client, without port. */
  ip: string;
  /** First 512 characters of the User-Agent header, or null. */
  userAgent: string | null;
}
