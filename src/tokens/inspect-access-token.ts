import type { JwtVerifyOptions } from '@nestjs/jwt';
import { JwtService } from '@nestjs/jwt';
import { timeInWords } from '../common/time-in-words.js';
import { AccessTokenClaims } from './access-token-claims.js';
import type { KeySource, KnownKey } from './key-source.js';
import type { TokenProblem, TokenProblemCode, TokenReport } from './token-report.js';
import { malformedToken } from './token-report.js';

type Json = Record<string, unknown>;

/** What is undefined is not checked. */
export interface Expectations {
  issuer: string | undefined;
  audience: string | undefined;
}

export interface InspectedAccessToken {
  report: TokenReport;
  /** Undefined if the signature is not good or a claim is missing. */
  claims: AccessTokenClaims | undefined;
}

const jwtShape = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const timeClaims = ['auth_time', 'iat', 'nbf', 'exp'];
const neededClaims = 'sub, role, client_id, jti, iat and exp; of a user also user_id (equal to sub), sid and epoch';

/** Names everything that is wrong with a token, where verifying it would stop at the first problem. Pure. */
export function inspectAccessToken(
  token: string,
  source: KeySource,
  expected: Expectations,
  now: Date,
): InspectedAccessToken {
  const [header, payload] = jwtShape.test(token) ? token.split('.', 2).map(readJson) : [];
  if (!header || !payload)
    return { report: malformedToken('It is neither a JWT nor a refresh token.'), claims: undefined };

  const { kid, alg } = header;
  const key = typeof kid === 'string' ? source.keys.get(kid) : undefined;
  const signature = checkSignature(token, alg, key);
  const { data: claims } = AccessTokenClaims.safeParse(payload);
  const problems = [
    ...problemsOfKey(header, key, signature, source),
    ...problemsOfHeader(header),
    ...problemsOfClaims(payload, claims, expected),
    ...problemsOfTime(payload, now),
  ];
  const sections = {
    header,
    claims: payload,
    times: Object.fromEntries(
      timeClaims.flatMap((name) => (isTime(payload[name]) ? [[name, describeTime(payload[name], now)]] : [])),
    ),
    signature: {
      verdict: signature,
      'checked with': source.name,
      ...(key && { 'algorithm of the key': key.algorithm, 'the key is': key.state }),
      'issuer expected': expected.issuer ?? '(not checked)',
      'audience expected': expected.audience ?? '(not checked)',
    },
  };
  const report: TokenReport = { kind: 'access token', good: problems.length === 0, problems, sections };
  return { report, claims: signature === 'good' ? claims : undefined };
}

/** Formats a NumericDate (RFC 7519 section 2) as `2026-11-21T10:00:00Z, 3 minutes ago`. */
function describeTime(seconds: number, now: Date): string {
  const instant = new Date(seconds * 1000);
  return `${instant.toISOString().replace('.000Z', 'Z')}, ${timeInWords(instant, now)}`;
}

type SignatureVerdict = 'good' | 'bad' | 'not checked';

function checkSignature(token: string, alg: unknown, key: KnownKey | undefined): SignatureVerdict {
  if (!key?.verifiesWith || typeof alg !== 'string') return 'not checked';
  if (key.algorithm !== undefined && key.algorithm !== alg) return 'not checked';
  try {
    const options = { publicKey: key.verifiesWith, algorithms: [alg], ignoreExpiration: true, ignoreNotBefore: true };
    // As in access-token.ts, the types do not say that a KeyObject is accepted. Nor that any algorithm name is.
    new JwtService().verify(token, options as unknown as JwtVerifyOptions);
    const last = token.slice(token.lastIndexOf('.') + 1);
    return Buffer.from(last, 'base64url').toString('base64url') === last ? 'good' : 'bad';
  } catch {
    return 'bad';
  }
}

function* problemsOfKey(
  { kid, alg }: Json,
  key: KnownKey | undefined,
  signature: SignatureVerdict,
  source: KeySource,
): Generator<TokenProblem> {
  if (!key) {
    const named =
      typeof kid === 'string' ? `No key of ${source.name} has the kid ${JSON.stringify(kid)}` : 'It has no kid';
    yield problem('unknown_key', `${named}, so its signature was not checked.`);
    return;
  }
  if (key.state === 'revoked') yield problem('revoked_key', 'Its key was revoked: no token under it is accepted.');
  else if (key.state === 'gone') yield problem('unknown_key', 'Its key is no longer used.');
  else if (!key.verifiesWith)
    yield problem('unknown_key', 'Its key is sealed under an AUTH_SECRET value that is not set here.');
  if (key.algorithm !== undefined && alg !== key.algorithm) {
    yield problem('wrong_algorithm', `alg is ${JSON.stringify(alg)}, but its key is for ${key.algorithm} only.`);
  } else if (signature === 'bad') {
    yield problem('bad_signature', 'Its signature is wrong: the token was changed, or forged.');
  }
}

function* problemsOfHeader({ typ, crit }: Json): Generator<TokenProblem> {
  if (typeof typ !== 'string' || !/^(application\/)?at\+jwt$/i.test(typ)) {
    yield problem('wrong_type', `typ is ${JSON.stringify(typ)}, but must be "at+jwt" (RFC 9068 section 2.1).`);
  }
  if (crit !== undefined) yield problem('critical_extension', 'crit requires an extension, but Pawl supports none.');
}

function* problemsOfClaims(
  { iss, aud }: Json,
  claims: AccessTokenClaims | undefined,
  { issuer, audience }: Expectations,
): Generator<TokenProblem> {
  if (issuer !== undefined && iss !== issuer) {
    yield problem('wrong_issuer', `iss is ${JSON.stringify(iss)}, expected ${JSON.stringify(issuer)}.`);
  }
  if (audience !== undefined && ![aud].flat().includes(audience)) {
    yield problem('wrong_audience', `aud is ${JSON.stringify(aud)}, expected ${JSON.stringify(audience)}.`);
  }
  if (!claims)
    yield problem('wrong_claims', `A claim is missing or has the wrong type. An access token needs ${neededClaims}.`);
}

function* problemsOfTime({ nbf, exp }: Json, now: Date): Generator<TokenProblem> {
  if (isTime(exp) && exp * 1000 <= now.getTime()) yield problem('expired', `It expired ${describeAge(exp, now)}.`);
  if (isTime(nbf) && nbf * 1000 > now.getTime())
    yield problem('not_yet_valid', `It is valid only ${describeAge(nbf, now)}.`);
}

function describeAge(seconds: number, now: Date): string {
  return timeInWords(new Date(seconds * 1000), now);
}

/** Whether a Date can hold it. A forged token may contain any number. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12;
}

function problem(code: TokenProblemCode, message: string): TokenProblem {
  return { code, message };
}

function readJson(part: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}
