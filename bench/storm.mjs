import { ServerProcess } from './child.mjs';
import { Connection } from './http-connection.mjs';
import { quantile } from './statistics.mjs';
import { expectStatus, password, register } from './users.mjs';

const stormConnections = 16;

async function p99(url, count, work) {
  const connection = new Connection(url);
  const times = [];
  for (let i = 0; i < count; i++) {
    const startedAtMs = performance.now();
    await work(connection);
    times.push(performance.now() - startedAtMs);
  }
  connection.close();
  return quantile(times, 0.99);
}

/** How long the slowest hundredth of requests take while many sign in at once, against the same without. */
export async function storm(env, tell, quick) {
  const pawl = await ServerProcess.start('bench/servers/pawl-with-two-routes.mjs', {
    env: { ...env, REFRESH_GRACE: '0s' }, // every refresh rotates
    readyPath: '/health/ready',
  });
  const { user, access_token: token, refresh_token: first } = await register(pawl.url);
  let refreshToken = first;
  const works = {
    'a protected GET': async (connection) =>
      expectStatus(200, await connection.get('/bench/guarded', { authorization: `Bearer ${token}` })),
    'a refresh that rotates': async (connection) => {
      const response = await connection.post('/auth/refresh', { refresh_token: refreshToken });
      refreshToken = JSON.parse(expectStatus(200, response)).refresh_token;
    },
  };
  const count = quick ? 300 : 1500;
  for (const [what, work] of Object.entries(works)) {
    const calm = await p99(pawl.url, count, work);
    let raging = true;
    const logins = Array.from({ length: stormConnections }, async () => {
      const connection = new Connection(pawl.url);
      while (raging) await connection.post('/auth/login', { email: user.email, password });
      connection.close();
    });
    const stormy = await p99(pawl.url, count, work);
    raging = false;
    await Promise.all(logins);
    tell(`p99 of ${what} during a login storm, against alone`, `${stormy.toFixed(1)} ms / ${calm.toFixed(1)} ms`);
  }
  await pawl.stop();
}
