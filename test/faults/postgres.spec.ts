import type { OwnServer } from './own-server.js';
import { role, startOwnServer } from './own-server.js';
import { restartServer, sendSignal, signalServer } from './server-processes.js';

let own: OwnServer;
beforeAll(async () => {
  own = await startOwnServer();
});
afterAll(() => own.close());

describe('nobody is signed out, nothing valid that should not be, and no answered write lost, when PostgreSQL', () => {
  it('crashes and is started again', () =>
    own.duringLoad(async (load) => {
      await signalServer(own.server, own.database, 'SIGKILL');
      await load.everybodyRefused();
      await restartServer(own.server, own.database);
    }));

  it('loses one of its processes and recovers by itself', () =>
    own.duringLoad(async () => {
      const [backend] = await own.database.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'pawl' LIMIT 1`,
      );
      sendSignal([backend!.pid], 'SIGKILL');
    }));

  it('is paused, and continues with the statements it had received', () =>
    own.duringLoad(async (load) => {
      const stopped = await signalServer(own.server, own.database, 'SIGSTOP');
      try {
        await load.everybodyRefused();
      } finally {
        sendSignal(stopped, 'SIGCONT');
      }
    }));

  it('has no connection to give, and then too few', () =>
    own.duringLoad(async (load) => {
      const allow = async (connections: number) => {
        await own.database.query(`ALTER ROLE ${role} CONNECTION LIMIT ${connections}`);
        await own.database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
      };
      await allow(0);
      await load.everybodyRefused();
      await allow(3);
      await load.moreActs(6);
      await allow(-1);
    }));
});
