import { Secret } from 'otpauth';
import { codeOfStep, stepAt } from '../../src/factors/totp.js';
import type { TestApp } from '../support/app.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectProblem, expectStatus, goodPassword, registerConfirmed } from '../support/http.js';
import { SoftwareAuthenticator } from './software-authenticator.js';

/** A user with an authenticator app. */
export interface AppUser {
  tokens: Tokens;
  email: string;
  /** The secret of the app. */
  secret: Uint8Array;
  recoveryCodes: string[];
}

type App = Pick<TestApp, 'url' | 'clock' | 'db'>;

/** The code that the app shows, or that it will show `later` steps from now. */
export function codeOf({ secret }: { secret: Uint8Array }, app: Pick<TestApp, 'clock'>, later = 0): string {
  return codeOfStep(secret, stepAt(app.clock.nowMs()) + later);
}

/** The next step: a code that was used is not accepted again. */
export function nextCode(app: Pick<TestApp, 'clock'>): void {
  app.clock.advanceSeconds(30);
}

/** Adds an authenticator app to the account of these tokens. The code of the present step has been used. */
export async function addAppWithCode(app: Pick<TestApp, 'url' | 'clock'>, tokens: Tokens): Promise<AppUser> {
  const { secret } = await expectStatus(call(app, 'POST', '/auth/factors/totp', { token: tokens.access_token }), 201);
  const bytes = Secret.fromBase32(secret).bytes;
  const added = await expectStatus(
    call(app, 'POST', '/auth/factors/totp/confirm', {
      token: tokens.access_token,
      body: { code: codeOf({ secret: bytes }, app) },
    }),
    201,
  );
  return {
    tokens: { ...tokens, access_token: added.access_token },
    email: tokens.user.email,
    secret: bytes,
    recoveryCodes: added.recovery_codes,
  };
}

/** Adds an authenticator app to the account of these tokens. Returns with fresh tokens and a code that was not used. */
export async function addApp(app: App, tokens: Tokens): Promise<AppUser> {
  const user = await addAppWithCode(app, tokens);
  nextCode(app);
  return user;
}

/** Registers a user and adds an authenticator app. */
export async function registerWithApp(app: TestApp): Promise<AppUser> {
  return addApp(app, await registerConfirmed(app));
}

/** Adds a passkey to the account of these tokens. */
export async function addPasskey(
  app: Pick<TestApp, 'url'>,
  token: string,
  authenticator = new SoftwareAuthenticator(),
): Promise<{ authenticator: SoftwareAuthenticator; added: any }> {
  const { challenge, options } = await expectStatus(
    call(app, 'POST', '/auth/factors/passkeys/options', { token, body: {} }),
    200,
  );
  const body = { challenge, passkey: authenticator.create(options), name: 'Laptop' };
  return {
    authenticator,
    added: await expectStatus(call(app, 'POST', '/auth/factors/passkeys', { token, body }), 201),
  };
}

/** Signs in with the password as far as the challenge. */
export async function firstFactor(
  app: Pick<TestApp, 'url'>,
  email: string,
  overrides: Record<string, unknown> = {},
): Promise<{ challenge: string; factors: string[]; passkey_options?: any }> {
  const body = { email, password: goodPassword, ...overrides };
  const { body: problem } = await expectProblem(
    call(app, 'POST', '/auth/login', { body }),
    401,
    'second_factor_required',
  );
  return problem;
}

export function respond(app: Pick<TestApp, 'url'>, body: Record<string, unknown>): Promise<Answer> {
  return call(app, 'POST', '/auth/login/factor', { body });
}

export function claimsOf({ access_token }: { access_token: string }): {
  amr: string[];
  acr: string;
  auth_time: number;
} {
  return JSON.parse(Buffer.from(access_token.split('.')[1]!, 'base64url').toString());
}
