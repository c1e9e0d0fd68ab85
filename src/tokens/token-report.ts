/** What is wrong with a token. A closed list, for programs that read the report. */
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

/** What `npm run token -- inspect` reports. It contains no secret: neither a refresh token's secret nor a signature. */
export interface TokenReport {
  kind: 'access token' | 'refresh token' | 'unknown';
  good: boolean;
  problems: TokenProblem[];
  /** The details, under a few headings. */
  sections: Record<string, Record<string, unknown>>;
}

/** The report about something that is not a token of ours. The text is not repeated, since it may be a password. */
export function malformedToken(message: string): TokenReport {
  return { kind: 'unknown', good: false, problems: [{ code: 'malformed', message }], sections: {} };
}
