import { randomUUID } from 'node:crypto';
import { Connection } from './http-connection.mjs';

export const password = 'correct horse battery staple';

/** What is measured is the answer that was meant: anything else ends the run. */
export function expectStatus(wanted, { status, text }) {
  if (status !== wanted) throw new Error(`answered ${status} instead of ${wanted}: ${text}`);
  return text;
}

/** Registers a new user and resolves with the token response. */
export async function register(url) {
  const connection = new Connection(url);
  const response = await connection.post('/auth/register', { email: `${randomUUID()}@example.com`, password });
  connection.close();
  return JSON.parse(expectStatus(201, response));
}
