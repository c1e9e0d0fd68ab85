import { ServerProcess } from './child.mjs';
import { Connection } from './http-connection.mjs';
import { expectStatus, register } from './users.mjs';

const mib = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
const sessions = 8;

/** Memory after a collection: idle, after the first refreshes (which fill the bounded memories), and after many more. */
export async function memoryOverRefreshes(env, tell, quick) {
  const pawl = await ServerProcess.start('bin/pawl.cjs', {
    env: { ...env, REFRESH_GRACE: '0s' }, // every refresh rotates
    nodeOptions: ['--expose-gc'],
    readyPath: '/health/ready',
  });
  const idle = await pawl.memory();
  const tokens = [];
  for (let i = 0; i < sessions; i++) tokens.push((await register(pawl.url)).refresh_token);
  const refreshMany = (count) =>
    Promise.all(
      tokens.map(async (_, index) => {
        const connection = new Connection(pawl.url);
        for (let i = index; i < count; i += sessions) {
          const response = await connection.post('/auth/refresh', { refresh_token: tokens[index] });
          tokens[index] = JSON.parse(expectStatus(200, response)).refresh_token;
        }
        connection.close();
      }),
    );
  const [few, many] = quick ? [2000, 10_000] : [10_000, 100_000];
  await refreshMany(few);
  const early = await pawl.memory();
  await refreshMany(many - few);
  const late = await pawl.memory();
  const show = ({ heapUsed, rss }) => `${mib(heapUsed)} (rss ${mib(rss)})`;
  tell(`heap idle / after ${few} / after ${many} refreshes`, [idle, early, late].map(show).join(' / '), 'no growth');
  await pawl.stop();
}
