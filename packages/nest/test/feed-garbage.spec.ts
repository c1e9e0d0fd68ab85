import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '../../../test/support/until.js';
import { FeedFollower } from '../src/revocation/feed-follower.js';
import { RevocationState } from '../src/revocation/revocation-state.js';
import { createTestIssuer } from '../src/testing/test-issuer.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('the feed is let go of when the service stops, also after the garbage collector ran (Node.js 20 loses signals)', async () => {
  const issuer = await createTestIssuer();
  const state = new RevocationState({ onStale: 'continue', staleAfterMs: 30_000 });
  const follower = new FeedFollower(issuer.url, { clientId: 'orders', clientSecret: 'any' }, state);
  follower.start();
  await until(() => state.isKnown);
  for (let i = 0; i < 3; i++) {
    await sleep(5);
    collectGarbage();
  }
  await follower.stop();
  await issuer.close();
});
