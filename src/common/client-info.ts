/** Where a request came from, according to TRUST_PROXY. */
export interface ClientInfo {
  /** Address of the client, without port. */
  ip: string;
  /** The first 512 characters of the User-Agent header, or null. */
  userAgent: string | null;
}
