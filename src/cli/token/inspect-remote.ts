import { readFile } from 'node:fs/promises';
import { OperatorError } from '../../common/operator-error.js';
import { Env } from '../../config/env.js';
import type { Expectations } from '../../tokens/inspect-access-token.js';
import { inspectAccessToken } from '../../tokens/inspect-access-token.js';
import { readKeySet } from '../../tokens/key-source.js';
import type { TokenReport } from '../../tokens/token-report.js';

const timeoutMs = 10_000;

/** The settings that a resource server may share with the service. They are optional here. */
const Settings = Env.pick({ PUBLIC_URL: true, JWT_AUDIENCE: true });

/** Inspects an access token with a key set alone, which does not show whether the token was revoked. */
export async function inspectRemotely(
  token: string,
  jwks: string,
  given: Expectations,
  environment: NodeJS.ProcessEnv,
): Promise<TokenReport> {
  if (token.startsWith('pwl1_')) {
    throw new OperatorError(
      'A key set cannot check a refresh token: leave out --jwks, and use the settings of the service.',
    );
  }
  const source = readKeySet(jwks, await readText(jwks));
  if (!source) throw new OperatorError(`${jwks} is not a key set (RFC 7517): it has no list of keys with a kid.`);
  const { data: settings } = Settings.safeParse(environment);
  const issuer = given.issuer ?? settings?.PUBLIC_URL;
  const audience = given.audience ?? settings?.JWT_AUDIENCE ?? issuer;
  return inspectAccessToken(token, source, { issuer, audience }, new Date()).report;
}

async function readText(location: string): Promise<string> {
  try {
    if (!/^https?:/i.test(location)) return await readFile(location, 'utf8');
    const response = await fetch(location, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`the response is ${response.status}`);
    return await response.text();
  } catch (error) {
    const { cause, message } = error as Error;
    throw new OperatorError(`${location} cannot be read: ${cause instanceof Error ? cause.message : message}.`);
  }
}
