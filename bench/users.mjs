import { randomUUID } from 'node:crypto';
import argon2 from 'argon2';
import { Connection } from './http-connection.mjs';

export const password = 'correct horse battery staple';
/** How Pawl hashes it by default, for argon2 alone. */
export const hashing = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

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

/** Signs in from an address of the number's own: one address gets only a part of the queue. */
export function signInFrom(number, connection, email) {
  const address = `${11 + ((number >> 16) % 100)}.${(number >> 8) & 255}.${number & 255}.1`;
  return connection.post('/auth/login', { email, password }, { 'x-forwarded-for': address });
}
