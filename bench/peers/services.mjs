/**
 * How each service is asked for the same three things. A request is `{ server, send(connection, lane), hashes? }`: it throws
 * unless the service did what was asked; `hashes` says that it computes a slow hash, so a few times suffice.
 */
import { randomUUID } from 'node:crypto';
import { ServerProcess } from '../child.mjs';
import { Connection } from '../http-connection.mjs';
import { expectStatus, password, register } from '../users.mjs';

export const lanes = 4;

const bearer = (token) => ({ authorization: `Bearer ${token}` });
const inLanes = (work) => Promise.all(Array.from({ length: lanes }, work));
const json = (response) => JSON.parse(expectStatus(200, response));

/** `post` sends one request over a connection of its own. */
async function once(url, path, body, headers) {
  const connection = new Connection(url);
  const response = await connection.post(path, body, headers);
  connection.close();
  return response;
}

/** Renews with the newest refresh token of the lane. A JWT without an id is the same if it is issued twice in a second. */
function renewing(tokens, path, { mayRepeat = false } = {}) {
  return async (connection, lane) => {
    const { refresh_token } = json(await connection.post(path, { refresh_token: tokens[lane] }));
    const isNew = refresh_token && (mayRepeat || refresh_token !== tokens[lane]);
    if (!isNew) throw new Error(`${path} did not rotate the refresh token.`);
    tokens[lane] = refresh_token;
  };
}

export async function startPawl(env) {
  const server = await ServerProcess.start('bench/servers/pawl-with-two-routes.mjs', {
    env,
    readyPath: '/health/ready',
  });
  const sessions = await inLanes(() => register(server.url));
  const tokens = sessions.map((session) => session.refresh_token);
  return {
    name: 'Pawl',
    renewal: { server, send: renewing(tokens, '/auth/refresh') },
    protectedRoute: {
      server,
      send: async (connection, lane) =>
        json(await connection.get('/bench/guarded', bearer(sessions[lane].access_token))),
    },
    ownUser: {
      server,
      send: async (connection, lane) => json(await connection.get('/auth/me', bearer(sessions[lane].access_token))),
    },
    signIn: {
      server,
      hashes: true,
      send: async (connection, lane) =>
        json(await connection.post('/auth/login', { email: sessions[lane].user.email, password })),
    },
  };
}

export async function startBetterAuth(env) {
  const script = 'bench/peers/better-auth.mjs';
  const readyPath = '/api/auth/ok';
  const server = await ServerProcess.start(script, { env, readyPath });
  const renewer = await ServerProcess.start(script, { env: { ...env, RENEW_ALWAYS: '1' }, readyPath });
  const headers = { origin: server.url };
  const sessions = await inLanes(async () => {
    const email = `${randomUUID()}@example.com`;
    const response = await fetch(`${server.url}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ email, password, name: 'Ada' }),
    });
    if (!response.ok) throw new Error(`better-auth answered ${response.status}: ${await response.text()}`);
    return { email, cookie: response.headers.getSetCookie()[0].split(';')[0] };
  });
  const readSession = async (connection, lane) => {
    const session = json(await connection.get('/api/auth/get-session', { cookie: sessions[lane].cookie }));
    if (!session) throw new Error('better-auth knows no session.');
  };
  return {
    name: 'better-auth',
    renewal: { server: renewer, send: readSession },
    // Its guide protects a route by reading the session.
    protectedRoute: { server, send: readSession },
    ownUser: { server, send: readSession },
    signIn: {
      server,
      hashes: true,
      send: async (connection, lane) =>
        json(await connection.post('/api/auth/sign-in/email', { email: sessions[lane].email, password }, headers)),
    },
  };
}

export async function startOidcProvider(env) {
  const readyPath = '/.well-known/openid-configuration';
  const server = await ServerProcess.start('bench/peers/oidc-provider.mjs', { env, readyPath });
  const sessions = await inLanes(async () => json(await once(server.url, '/bench/session')));
  const tokens = sessions.map((session) => session.refresh_token);
  return {
    name: 'oidc-provider',
    renewal: {
      server,
      send: async (connection, lane) => {
        const form = { grant_type: 'refresh_token', client_id: 'bench', refresh_token: tokens[lane] };
        tokens[lane] = json(await connection.postForm('/token', form)).refresh_token;
      },
    },
    ownUser: {
      server,
      send: async (connection, lane) => json(await connection.get('/me', bearer(sessions[lane].access_token))),
    },
  };
}

export async function startTutorial(env) {
  const server = await ServerProcess.start('bench/peers/nest-tutorial.mjs', { env, readyPath: '/auth/ready' });
  const sessions = await inLanes(async () => {
    const email = `${randomUUID()}@example.com`;
    const text = expectStatus(201, await once(server.url, '/auth/register', { email, password }));
    return { email, ...JSON.parse(text) };
  });
  const tokens = sessions.map((session) => session.refresh_token);
  return {
    name: 'NestJS as in tutorials',
    renewal: { server, hashes: true, send: renewing(tokens, '/auth/refresh', { mayRepeat: true }) },
    protectedRoute: {
      server,
      send: async (connection, lane) => json(await connection.get('/auth/me', bearer(sessions[lane].access_token))),
    },
    signIn: {
      server,
      hashes: true,
      send: async (connection, lane) =>
        json(await connection.post('/auth/login', { email: sessions[lane].email, password })),
    },
  };
}
