import type { PawlClient } from '../options.js';
import { basicCredentials } from '../verification/basic-credentials.js';
import { withAbort } from './linked-abort.js';

const timeoutMs = 10_000;
/** A token is replaced when this part of its lifetime is over. */
const usablePart = 0.8;

export interface ClientToken {
  readonly text: string;
  /** When to replace it, in milliseconds of `performance.now()`. */
  readonly renewAtMs: number;
}

/** Gets this service's own token (RFC 6749 section 4.4), with the scope that opens the feed. */
export async function fetchClientToken(address: string, client: PawlClient, signal: AbortSignal): Promise<ClientToken> {
  const askedAtMs = performance.now();
  const { response, body } = await withAbort(
    signal,
    (aborting) => request(address, client, aborting.signal),
    timeoutMs,
  );
  const { access_token: text, expires_in: lifetimeSeconds } = body;
  if (!response.ok || typeof text !== 'string' || typeof lifetimeSeconds !== 'number') {
    throw new Error(
      `${address}/oauth/token responded with ${response.status} ${typeof body['error'] === 'string' ? body['error'] : ''}`.trim(),
    );
  }
  return { text, renewAtMs: askedAtMs + lifetimeSeconds * 1000 * usablePart };
}

async function request(address: string, client: PawlClient, signal: AbortSignal) {
  const response = await fetch(`${address}/oauth/token`, {
    method: 'POST',
    headers: { authorization: basicCredentials(client), accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'revocations' }),
    redirect: 'error',
    signal,
  });
  return { response, body: (await response.json().catch(() => ({}))) as Record<string, unknown> };
}
