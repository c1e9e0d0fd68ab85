import { readFile } from 'node:fs/promises';
import { OperatorError } from '../../common/operator-error.js';
import { Env } from '../../config/env.js';
import type { Expectations } from '../../tokens/inspect-access-token.js';
import { inspectAccessToken } from '../../tokens/inspect-access-token.js';
import { readKeySet } from '../../tokens/key-source.js';
import type { TokenReport } from '../../tokens/token-report.js';

const patienceMs = 10_000;

/** The settings that a resource server may share with the service; none needs to be set. */
const Settings = Env.pick({ PUBLIC_URL: true, JWT_AUDIENCE: true });

/** What anyone can tell who has the JWKS alone: not whether the token was revoked, and nothing of a refresh token. */
export async function readRemotely(
  token: string,
  jwks: string,
  given: Expectations,
  environment: NodeJS.ProcessEnv,
): Promise<TokenReport> {
  if (token.startsWith('pwl1_')) {
    throw new OperatorError(
      'A refresh token says nothing to a key set: leave out --jwks, and use the settings of the service.',
    );
  }
  const source = readKeySet(jwks, await readText(jwks));
  if (!source) throw new OperatorError(`${jwks} is no key set (RFC 7517): it has no list of keys with a kid.`);
  const { data: settings } = Settings.safeParse(environment);
  const issuer = given.issuer ?? settings?.PUBLIC_URL;
  const audience = given.audience ?? settings?.JWT_AUDIENCE ?? issuer;
  return inspectAccessToken(token, source, { issuer, audience }, new Date()).report;
}

async function readText(location: string): Promise<string> {
  try {
    if (!/^https?:/i.test(location)) return await readFile(location, 'utf8');
    const answer = await fetch(location, { signal: AbortSignal.timeout(patienceMs) });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    return await answer.text();
  } catch (error) {
    const { cause, message } = error as Error;
    throw new OperatorError(`${location} cannot be read: ${cause instanceof Error ? cause.message : message}.`);
  }
}
