import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import type { Tokens } from '../support/http.js';
import { expectProblem, login, refresh, register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { accessStatus, codeOf, granted, partsOf, pastGraceSeconds, storedSession, tokensOf } from './refresh-story.js';

let app: TestApp;
const log = recordingDestination();
beforeAll(async () => {
  app = await startApp({ env: { LOG_LEVEL: 'info' }, logDestination: log });
});
afterAll(() => app.close());

const wait = () => app.clock.advanceSeconds(pastGraceSeconds);

async function expectReuse(token: Tokens): Promise<void> {
  await expectProblem(refresh(app, token.refresh_token), 401, 'refresh_reused');
  expect((await storedSession(app, token)).revoked_reason).toBe('reuse');
}

const auditOf = ({ session_id }: Tokens) =>
  log.lines.filter((line) => line.includes(session_id) && line.includes('"event":"session.'));

describe('a thief who was first', () => {
  it('is displaced by the owner, and detected once the owner continues', async () => {
    const stolen = await register(app);
    const thief = await granted(app, stolen, 'rotate');
    wait();
    const owner = await granted(app, stolen, 'recover');
    wait();
    await granted(app, owner, 'rotate');
    await expectReuse(thief);
  });

  it('and is first again, is detected by the owner’s next use', async () => {
    const stolen = await register(app);
    const thief = await granted(app, stolen, 'rotate');
    wait();
    const owner = await granted(app, stolen, 'recover');
    wait();
    await granted(app, thief, 'rotate');
    await expectReuse(owner);
  });

  it('and continued before the owner came back, is detected immediately', async () => {
    const stolen = await register(app);
    const thief = await granted(app, stolen, 'rotate');
    wait();
    await granted(app, thief, 'rotate');
    await expectReuse(stolen);
  });
});

describe('a thief who was second', () => {
  it('gets another child, and is detected once the owner continues', async () => {
    const stolen = await register(app);
    const owner = await granted(app, stolen, 'rotate');
    wait();
    const thief = await granted(app, stolen, 'recover');
    wait();
    await granted(app, owner, 'rotate');
    await expectReuse(thief);
  });

  it('with the parent’s parent is detected immediately', async () => {
    const stolen = await register(app);
    const child = await granted(app, stolen, 'rotate');
    wait();
    await granted(app, child, 'rotate');
    await expectReuse(stolen);
  });

  it('and stops, leaves the owner signed in: the recovery is audited', async () => {
    const stolen = await register(app);
    let owner = await granted(app, stolen, 'rotate');
    wait();
    await granted(app, stolen, 'recover');
    expect(auditOf(stolen).filter((line) => line.includes('session.recovered'))).toHaveLength(1);
    for (let i = 0; i < 3; i++) {
      wait();
      owner = await granted(app, owner, 'rotate');
    }
  });
});

describe('a thief within the grace time', () => {
  it('shares at most one child with the owner: the lane distinguishes the two', async () => {
    const stolen = await register(app);
    const owner = await granted(app, stolen, 'rotate');
    const thief = await granted(app, stolen, 'replay');
    expect(partsOf(thief.refresh_token).secret).toEqual(partsOf(owner.refresh_token).secret);
    wait();
    const ownerNext = await granted(app, owner, 'rotate');
    const thiefNext = await granted(app, thief, 'recover');
    expect(partsOf(thiefNext.refresh_token).secret).not.toEqual(partsOf(ownerNext.refresh_token).secret);
    wait();
    await granted(app, ownerNext, 'rotate');
    await expectReuse(thiefNext);
  });
});

describe('a thief who uses the token in the same grace time as its owner, and stops', () => {
  it('is not signed out and not audited: it looks like two tabs', async () => {
    const stolen = await register(app);
    let owner = await granted(app, stolen, 'rotate');
    await granted(app, stolen, 'replay');
    for (let i = 0; i < 3; i++) {
      wait();
      owner = await granted(app, owner, 'rotate');
    }
    expect(auditOf(stolen)).toEqual([]);
  });
});

describe('two holders who take turns', () => {
  it('are distinguished within three refreshes each', async () => {
    const stolen = await register(app);
    const holders = [stolen, stolen];
    let reusedAt: number | undefined;
    for (let turn = 0; turn < 6 && reusedAt === undefined; turn++) {
      wait();
      const answer = await refresh(app, holders[turn % 2]!.refresh_token);
      if (answer.status === 200) holders[turn % 2] = tokensOf(answer);
      else {
        expect(codeOf(answer)).toBe('refresh_reused');
        reusedAt = turn;
      }
    }
    expect(reusedAt).toBeLessThan(6);
    for (const holder of holders) await expectProblem(refresh(app, holder.refresh_token), 401, 'session_revoked');
  });
});

describe('reuse', () => {
  it('ends the session for everyone, refuses its access tokens immediately, and is audited', async () => {
    const stolen = await register(app);
    const thief = await granted(app, stolen, 'rotate');
    wait();
    const thiefNext = await granted(app, thief, 'rotate');
    expect(await accessStatus(app, thiefNext)).toBe(200);
    await expectReuse(stolen);
    for (const tokens of [stolen, thief, thiefNext]) {
      expect(await accessStatus(app, tokens)).toBe(401);
      await expectProblem(refresh(app, tokens.refresh_token), 401, 'session_revoked');
    }
    expect(auditOf(stolen).filter((line) => line.includes('session.reused'))).toHaveLength(1);
  });

  it('ends only that session', async () => {
    const stolen = await register(app);
    const other = await login(app, stolen.user.email);
    const child = await granted(app, stolen, 'rotate');
    wait();
    await granted(app, child, 'rotate');
    await expectReuse(stolen);
    expect(await accessStatus(app, other)).toBe(200);
    await granted(app, other, 'rotate');
  });

  it('of a right secret under another generation is impossible: the tag is wrong', async () => {
    const tokens = await register(app);
    const bytes = Buffer.from(tokens.refresh_token.slice(5), 'base64url');
    bytes.writeUInt32BE(7, 36);
    await expectProblem(refresh(app, `pwl1_${bytes.toString('base64url')}`), 401, 'refresh_invalid');
    await granted(app, tokens, 'rotate');
  });

  it('the log contains no refresh token, access token or secret', () => {
    expect(log.text).not.toMatch(/pwl1_|eyJ/);
  });
});
