import { randomUUID } from 'node:crypto';
import type { PawlProcess } from './pawl-process.js';

export interface TestUser {
  id: string;
  email: string;
  password: string;
  role: string;
}

/** A session of a user. */
export interface TestSession {
  accessToken: string;
  refreshToken: string;
  sessionId: string;
  expiresInSeconds: number;
}

/** An OAuth client that is registered at Pawl. */
export interface TestClient {
  clientId: string;
  clientSecret: string;
}

/** A real Pawl that runs for tests, with a clock that they move. */
export class TestPawl {
  /** Its address, and the issuer of its tokens: the `issuer` option of the guard. */
  readonly issuer: string;
  readonly jwksUri: string;

  constructor(
    private readonly process: PawlProcess,
    readonly url: string,
    issuer: string,
  ) {
    this.issuer = issuer;
    this.jwksUri = `${url}/.well-known/jwks.json`;
  }

  /** With a confirmed address, and any password. Everything has a default. */
  async createUser(user: Partial<Omit<TestUser, 'id'>> & { name?: string } = {}): Promise<TestUser> {
    const { email = `${randomUUID()}@example.com`, password = 'a password for tests', role = 'user', name } = user;
    const created = (await this.process.ask('createUser', { email, password, role, name })) as {
      id: string;
      email: string;
    };
    return { ...created, password, role };
  }

  /** Signs the user in, over HTTP as a frontend does. */
  async signIn({ email, password }: Pick<TestUser, 'email' | 'password'>): Promise<TestSession> {
    const body = await this.post('/auth/login', {
      body: JSON.stringify({ email, password }),
      type: 'application/json',
    });
    return {
      accessToken: String(body['access_token']),
      refreshToken: String(body['refresh_token']),
      sessionId: String(body['session_id']),
      expiresInSeconds: Number(body['expires_in']),
    };
  }

  /** The access token of a new user. */
  async token(user: Parameters<TestPawl['createUser']>[0] = {}): Promise<string> {
    return (await this.signIn(await this.createUser(user))).accessToken;
  }

  /** New tokens for the session, as a frontend gets them. */
  async refresh({ refreshToken, ...session }: TestSession): Promise<TestSession> {
    const body = await this.post('/auth/refresh', {
      body: JSON.stringify({ refresh_token: refreshToken }),
      type: 'application/json',
    });
    return {
      ...session,
      accessToken: String(body['access_token']),
      refreshToken: String(body['refresh_token']),
      expiresInSeconds: Number(body['expires_in']),
    };
  }

  /** Ends the session of the token. Services that follow the feed refuse it within milliseconds. */
  async signOut({ accessToken }: Pick<TestSession, 'accessToken'>): Promise<void> {
    await this.post('/auth/logout', { authorization: `Bearer ${accessToken}` });
  }

  /** Ends every session of the user, and refuses every access token issued so far. */
  async signOutUser({ id }: Pick<TestUser, 'id'>): Promise<void> {
    await this.process.ask('signOutUser', { id });
  }

  /** A new role, or disabling: both refuse the access tokens of before. */
  async changeUser({ id }: Pick<TestUser, 'id'>, changes: { role?: string; disabled?: boolean }): Promise<void> {
    await this.process.ask('changeUser', { id, ...changes });
  }

  async deleteUser({ id }: Pick<TestUser, 'id'>): Promise<void> {
    await this.process.ask('deleteUser', { id });
  }

  /** By default a client that may follow the revocation feed: the `revocation` option of the guard. */
  async registerClient({ scope = 'revocations', role = 'user' } = {}): Promise<TestClient> {
    const metadata = { client_name: 'A client of the tests', grant_types: ['client_credentials'], scope, role };
    return (await this.process.ask('registerClient', metadata)) as TestClient;
  }

  async deleteClient({ clientId }: Pick<TestClient, 'clientId'>): Promise<void> {
    await this.process.ask('deleteClient', { clientId });
  }

  /** A token of the client itself. Without `scope` it has every scope of the client. */
  async clientToken({ clientId, clientSecret }: TestClient, scope?: string): Promise<string> {
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) });
    const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
    const body = await this.post('/oauth/token', { body: form.toString(), type: formType, authorization });
    return String(body['access_token']);
  }

  /** Moves Pawl's clock forward, for good: what it judges and issues from now on is by that time. */
  async advanceSeconds(seconds: number): Promise<void> {
    await this.process.ask('advance', { seconds });
  }

  /** Stops it and deletes its data. */
  async stop(): Promise<void> {
    await this.process.stop();
  }

  private async post(
    path: string,
    { body, type, authorization }: { body?: string; type?: string; authorization?: string },
  ): Promise<Record<string, unknown>> {
    const headers = { ...(type && { 'content-type': type }), ...(authorization && { authorization }) };
    const response = await fetch(this.url + path, { method: 'POST', headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`POST ${path} responded with ${response.status}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }
}

const formType = 'application/x-www-form-urlencoded';
