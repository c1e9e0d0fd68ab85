import { setTimeout as sleep } from 'node:timers/promises';
import { StoryBroken } from './teller.mjs';

const maxAttempts = 5;

/** Sends one HTTP request as a client should: after a 503 it retries. */
export function createClient(url) {
  return async function send(method, path, { token, body } = {}) {
    const headers = {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    };
    for (let attempt = 1; ; attempt++) {
      const response = await reach(url + path, { method, headers, body: body && JSON.stringify(body) });
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      const content = isJson ? await response.json() : await response.text();
      if (response.status !== 503 || attempt === maxAttempts) {
        return {
          status: response.status,
          verdict: response.headers.get('pawl-refresh') ?? undefined,
          body: isJson ? content : undefined,
        };
      }
      await sleep(1000 * Number(response.headers.get('retry-after') ?? 1));
    }
  };
}

async function reach(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    throw new StoryBroken(`Nothing answers at ${address} (${error.cause?.code ?? error.message}).`);
  }
}
