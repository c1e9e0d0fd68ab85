import { Connection } from '../http-connection.mjs';
import { median, quantile } from '../statistics.mjs';
import { expectStatus } from '../users.mjs';
import { databaseCpuMicroseconds, hasEnded, sessionOf, walBytes } from './database.mjs';

const connections = 4;

/** Refreshes sessions of one database at random, each with its own refresh token. */
export class RandomRefreshes {
  #tokens = new Map();
  #busy = new Set();

  constructor({ server, client, sessions }, encodeToken) {
    Object.assign(this, { server, client, sessions, encodeToken });
    this.latenciesMs = [];
    this.totals = { count: 0, serviceMicroseconds: 0, databaseMicroseconds: 0, walBytes: 0 };
  }

  /** Runs `count` refreshes over a few connections. Only `counted` rounds go into the totals. */
  async round(count, counted = true) {
    const before = await this.#readings();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        const connection = new Connection(this.server.url);
        for (let i = 0; i < count / connections; i++) {
          const ms = await this.one(connection);
          if (counted) this.latenciesMs.push(ms);
        }
        connection.close();
      }),
    );
    const after = await this.#readings();
    if (!counted) return;
    this.totals.count += count;
    for (const name of Object.keys(before)) this.totals[name] += after[name] - before[name];
  }

  /** Resolves with the milliseconds that one refresh took. */
  async one(connection) {
    const number = this.#pick();
    const token = this.#tokens.get(number) ?? this.encodeToken(sessionOf(number));
    const startedAtMs = performance.now();
    const response = await connection.post('/auth/refresh', { refresh_token: token });
    const ms = performance.now() - startedAtMs;
    this.#tokens.set(number, JSON.parse(expectStatus(200, response)).refresh_token);
    this.#busy.delete(number);
    return ms;
  }

  get perRefresh() {
    const { count, serviceMicroseconds, databaseMicroseconds, walBytes: wal } = this.totals;
    return {
      serviceMicroseconds: serviceMicroseconds / count,
      databaseMicroseconds: databaseMicroseconds / count,
      microseconds: (serviceMicroseconds + databaseMicroseconds) / count,
      walBytes: wal / count,
      medianMs: median(this.latenciesMs),
      p99Ms: quantile(this.latenciesMs, 0.99),
    };
  }

  /** A live session that no other connection refreshes at this moment. */
  #pick() {
    for (;;) {
      const number = Math.floor(Math.random() * this.sessions);
      if (hasEnded(number) || this.#busy.has(number)) continue;
      this.#busy.add(number);
      return number;
    }
  }

  async #readings() {
    return {
      serviceMicroseconds: await this.server.cpuMicroseconds(),
      databaseMicroseconds: await databaseCpuMicroseconds(this.client),
      walBytes: await walBytes(this.client),
    };
  }
}
