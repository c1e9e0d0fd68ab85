import { decodeProtectedHeader } from 'jose';
import type { Config } from '../../src/config/config.js';
import { CONFIG } from '../../src/config/config.module.js';
import { Notifications } from '../../src/database/notifications.js';
import { planRevocation } from '../../src/keys/key-plan.js';
import { KeyRotation } from '../../src/keys/key-rotation.js';
import { keyPolicy } from '../../src/keys/key-schedule.js';
import { SigningKeyStore } from '../../src/keys/signing-key-store.js';
import { SigningKeys } from '../../src/keys/signing-keys.js';
import type { TestApp } from '../support/app.js';
import { call, expectStatus } from '../support/http.js';

export const daySeconds = 24 * 60 * 60;
export const hourSeconds = 60 * 60;

export interface PublishedKey {
  kid: string;
  alg: string;
  kty: string;
}

export function kidOf(token: string): string {
  return decodeProtectedHeader(token).kid!;
}

/** The key that the instance would sign with now. */
export function currentKid(app: TestApp): string {
  return app.nest.get(SigningKeys).current.kid;
}

export async function publishedKeys(app: TestApp): Promise<PublishedKey[]> {
  const { keys } = (await expectStatus(call(app, 'GET', '/.well-known/jwks.json'), 200)) as { keys: PublishedKey[] };
  return keys;
}

export async function publishedKids(app: TestApp): Promise<string[]> {
  return (await publishedKeys(app)).map(({ kid }) => kid);
}

export interface KeyRow {
  kid: string;
  algorithm: string;
  created_at: Date;
  signs_from: Date;
  verifies_until: Date | null;
  revoked_at: Date | null;
  seal_key_id: Buffer;
  private_key_sealed: Buffer;
  public_jwk: unknown;
}

/** In the order in which they sign. */
export function keyRows({ db }: Pick<TestApp, 'db'>): Promise<KeyRow[]> {
  return db.query<KeyRow & Record<string, unknown>>('SELECT * FROM signing_keys ORDER BY signs_from');
}

/** What the timer does, now: the instance reads the keys and does what is due. */
export function lookAfterKeys(app: TestApp): Promise<void> {
  return app.nest.get(KeyRotation).check();
}

/** The instance receives no notifications and reads nothing by itself, as if it were suspended. */
export async function fallAsleep(app: TestApp): Promise<void> {
  await app.nest.get(KeyRotation).beforeApplicationShutdown();
  await app.nest.get(Notifications).beforeApplicationShutdown();
}

/** What `npm run keys -- revoke KID` does. */
export async function revokeKey(app: TestApp, kid: string): Promise<void> {
  const policy = keyPolicy(app.nest.get<Config>(CONFIG));
  await app.nest.get(SigningKeyStore).change(planRevocation(policy, kid), 'operator');
}
