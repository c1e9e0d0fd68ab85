import { setTimeout as pause } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { Tokens } from '../support/http.js';
import { call, expectStatus, refresh, register } from '../support/http.js';
import { kidOf } from './key-story.js';

const wantedRotations = 8;
const wantedRequests = 100;

/** In real time, by the instances' own timers: nothing here helps them. */
describe('a rotation every second under continuous traffic from two instances', () => {
  let db: TestDatabase;
  let apps: [TestApp, TestApp];
  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { KEY_ROTATION: '1s', JWKS_MAX_AGE: '1s', REFRESH_GRACE: '0s' };
    apps = [await startApp({ database: db, env }), await startApp({ database: db, env })];
  });
  afterAll(async () => {
    await apps[0].close();
    await apps[1].close();
    await db.drop();
  });

  it('fails no request at either instance, and none at a third party that only has the JWKS', async () => {
    const verifiers = apps.map((app) =>
      createRemoteJWKSet(new URL('/.well-known/jwks.json', app.url), { cooldownDuration: 0, cacheMaxAge: 1000 }),
    );
    const kids = new Set<string>();
    let requests = 0;
    const done = () => kids.size > wantedRotations && requests > wantedRequests;

    /** A client that refreshes at one instance and goes with the token to the other, again and again. */
    async function client(from: number): Promise<void> {
      let tokens: Tokens = await register(apps[from % 2]!);
      for (let i = from; !done(); i++) {
        tokens = (await expectStatus(refresh(apps[i % 2]!, tokens.refresh_token), 200)) as Tokens;
        kids.add(kidOf(tokens.access_token));
        await expectStatus(call(apps[(i + 1) % 2]!, 'GET', '/auth/me', { token: tokens.access_token }), 200);
        await jwtVerify(tokens.access_token, verifiers[(i >> 1) % 2]!, {
          issuer: 'http://localhost:3000',
          audience: 'http://localhost:3000',
          typ: 'at+jwt',
        });
        requests += 3;
        await pause(20);
      }
    }
    await Promise.all(Array.from({ length: 4 }, (_, i) => client(i)));
  });
});
