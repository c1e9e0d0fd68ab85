import { randomUUID } from 'node:crypto';
import { Connection } from './http-connection.mjs';

export const password = 'correct horse battery staple';

/** Registers a new user and resolves with the token response. */
export async function register(url) {
  const connection = new Connection(url);
  const { status, text } = await connection.post('/auth/register', { email: `${randomUUID()}@example.com`, password });
  connection.close();
  if (status !== 201) throw new Error(`register answered ${status}: ${text}`);
  return JSON.parse(text);
}
