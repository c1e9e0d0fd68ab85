/** What is wrong with a token, by name: a closed list, for programs that read the report. */
export type TokenProblemCode =
  | 'malformed'
  | 'unknown_key'
  | 'revoked_key'
  | 'wrong_algorithm'
  | 'bad_signature'
  | 'wrong_type'
  | 'critical_extension'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'wrong_claims'
  | 'expired'
  | 'not_yet_valid'
  | 'revoked'
  | 'unknown_secret'
  | 'unknown_session'
  | 'ahead'
  | 'stale';

export interface TokenProblem {
  code: TokenProblemCode;
  /** A sentence for people. */
  message: string;
}

/** What `npm run token -- inspect` tells of a token. No secret is in it: neither a refresh secret nor a signature. */
export interface TokenReport {
  kind: 'access token' | 'refresh token' | 'unknown';
  good: boolean;
  problems: TokenProblem[];
  /** What there is to know, under a few headings. */
  sections: Record<string, Record<string, unknown>>;
}

/** Of something that is no token of ours at all. It is not repeated: it may be a password. */
export function malformedToken(message: string): TokenReport {
  return { kind: 'unknown', good: false, problems: [{ code: 'malformed', message }], sections: {} };
}
