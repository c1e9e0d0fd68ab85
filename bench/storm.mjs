import { ServerProcess } from './child.mjs';
import { Connection } from './http-connection.mjs';
import { quantile } from './statistics.mjs';
import { password, register } from './users.mjs';

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
  const pawl = await ServerProcess.start('scripts/start.cjs', { env, readyPath: '/health/ready' });
  const { user, access_token: token, refresh_token: refreshToken } = await register(pawl.url);
  const works = {
    'a protected GET': (connection) => connection.get('/users', { authorization: `Bearer ${token}` }), // 403 by its role: no query
    'a refresh': (connection) => connection.post('/auth/refresh', { refresh_token: refreshToken }),
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
