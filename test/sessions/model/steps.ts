import { expect } from '@jest/globals';
import fc from 'fast-check';
import { partsOf, tampered } from '../refresh-story.js';
import type { Service } from './service.js';
import { goodInstances } from './service.js';
import type { Message, Story } from './story.js';

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;
export const pastGraceMs = 11 * minuteMs;

/** A session that is over stays over; to see that, a few steps do. */
const enoughStepsSinceOver = 5;

/** One thing that may happen to a session. */
class Step implements fc.AsyncCommand<Story, Service> {
  constructor(
    private readonly name: string,
    private readonly mayHappen: (story: Readonly<Story>) => boolean,
    private readonly happen: (story: Story, service: Service) => unknown,
  ) {}

  check(story: Readonly<Story>): boolean {
    return story.stepsSinceOver < enoughStepsSinceOver && this.mayHappen(story);
  }

  async run(story: Story, service: Service): Promise<void> {
    story.steps++;
    if (story.over) story.stepsSinceOver++;
    story.beginStep();
    await this.happen(story, service);
  }

  toString(): string {
    return this.name;
  }
}

const always = () => true;
const index = fc.nat({ max: 1000 });
const pick = <T>(items: readonly T[], at: number): T => items[at % items.length]!;
/** Mostly the two good ones. */
const instance = fc.constantFrom(0, 1, 0, 1, 2);
const goodInstance = fc.nat({ max: goodInstances - 1 });

const requests = (story: Readonly<Story>) => story.of('request');
const answers = (story: Readonly<Story>) => story.of('answer');
const asked = (message: Message, at: number) => {
  const { refreshToken } = message;
  return { by: 'owner' as const, refreshToken, instance: at, message };
};

const send = fc.constant(new Step('a tab asks', always, (story) => story.send()));

const deliver = fc.record({ which: index, at: instance, again: fc.boolean() }).map(
  ({ which, at, again }) =>
    new Step(
      `request ${which} arrives at ${at}${again ? ', and will again' : ''}`,
      (story) => requests(story).length > 0,
      async (story) => {
        const message = pick(requests(story), which);
        if (!again) story.lose(message);
        await story.use(asked(message, at));
      },
    ),
);

const deliverTogether = fc.array(fc.record({ which: index, at: goodInstance }), { minLength: 2, maxLength: 4 }).map(
  (arrivals) =>
    new Step(
      `requests ${arrivals.map(({ which, at }) => `${which} at ${at}`).join(', ')} arrive together`,
      (story) => requests(story).length > 0,
      async (story) => {
        const messages = arrivals.map(({ which }) => pick(requests(story), which));
        messages.forEach((message) => story.lose(message));
        await story.use(...arrivals.map(({ at }, i) => asked(messages[i]!, at)));
      },
    ),
);

const receive = index.map(
  (which) =>
    new Step(
      `answer ${which} is received`,
      (story) => answers(story).length > 0,
      (story) => story.receive(pick(answers(story), which)),
    ),
);

/** One tab, one request, and nothing goes wrong. */
const refresh = goodInstance.map(
  (at) =>
    new Step(`a tab refreshes at ${at}`, always, async (story) => {
      const [used] = await story.use({ by: 'owner', refreshToken: story.storage, instance: at });
      const answer = answers(story).at(-1);
      if (used!.refreshToken !== undefined && answer) story.receive(answer);
    }),
);

/** Committed and never heard of: the network, or the instance that fell over after its statement. */
const refreshUnheard = goodInstance.map(
  (at) =>
    new Step(`a tab refreshes at ${at}, and gets no response`, always, async (story) => {
      const [used] = await story.use({ by: 'owner', refreshToken: story.storage, instance: at });
      if (used!.refreshToken !== undefined) story.lose(answers(story).at(-1)!);
    }),
);

const refreshTooEarly = fc.constant(
  new Step('a tab refreshes at the instance that lacks a key', always, (story) =>
    story.use({ by: 'owner', refreshToken: story.storage, instance: goodInstances }),
  ),
);

const lose = index.map(
  (which) =>
    new Step(
      `message ${which} is lost`,
      ({ network }) => network.length > 0,
      (story) => story.lose(pick(story.network, which)),
    ),
);

const clientCrash = fc.constant(
  new Step(
    'the client crashes',
    ({ network }) => network.length > 0,
    (story) => story.network.forEach((message) => (message.orphaned = true)),
  ),
);

/** Before the statement: as if the request had been lost. After it: as if the answer had been. In between: here. */
const serverCrash = fc.constant(
  new Step('the database connections break', always, (_, service) => service.killIdleConnections()),
);

/** A failover to a server that is behind, for a moment: tokens of its future are refused, and revoke nothing. */
const oldBackup = goodInstance.map(
  (at) =>
    new Step(
      `a backup of the sign-in answers at ${at} for a moment`,
      ({ storage }) => partsOf(storage).generation > 0,
      async (story, service) => {
        const now = await service.backUp(story.sessionId);
        await service.restore(story.sessionId, story.oldBackup);
        const { outcome } = await service.use({ by: 'owner', refreshToken: story.storage, instance: at });
        story.outcomes.push(outcome);
        const untouched = await service.backUp(story.sessionId);
        await service.restore(story.sessionId, now);
        if (!['ahead', 'expired', 'away'].includes(outcome)) throw new Error(`a token of the future got ${outcome}`);
        expect(untouched).toEqual(story.oldBackup);
      },
    ),
);

const wait = fc
  .constantFrom(1000, 60_000, 200_000, 200_000, pastGraceMs, pastGraceMs, pastGraceMs, 60 * minuteMs, dayMs)
  .map((ms) => new Step(`${ms / 1000} s pass`, always, (story) => story.advance(ms)));

const longWait = fc
  .constantFrom(29 * dayMs, 29 * dayMs, 29 * dayMs, 31 * dayMs, 181 * dayMs)
  .map((ms) => new Step(`${ms / dayMs} days pass`, always, (story) => story.advance(ms)));

const signOut = fc.constant(
  new Step('the owner signs out', always, async (story, service) => {
    await service.signOut(story.sessionId);
    story.signedOut();
  }),
);

/** What can happen to an owner whom nobody steals from. */
export const ownerSteps = [
  { weight: 10, arbitrary: send },
  { weight: 10, arbitrary: deliver },
  { weight: 4, arbitrary: deliverTogether },
  { weight: 8, arbitrary: receive },
  { weight: 8, arbitrary: refresh },
  { weight: 8, arbitrary: refreshUnheard },
  { weight: 3, arbitrary: refreshTooEarly },
  { weight: 3, arbitrary: lose },
  { weight: 1, arbitrary: clientCrash },
  { weight: 1, arbitrary: serverCrash },
  { weight: 1, arbitrary: oldBackup },
  { weight: 14, arbitrary: wait },
  { weight: 1, arbitrary: fc.oneof({ weight: 4, arbitrary: longWait }, { weight: 1, arbitrary: signOut }) },
];

const steal = fc.constant(new Step('the storage is copied', always, (story) => story.steal(story.storage)));

const eavesdrop = index.map(
  (which) =>
    new Step(
      `message ${which} is copied`,
      ({ network }) => network.length > 0,
      (story) => story.steal(pick(story.network, which).refreshToken),
    ),
);

const hasLoot = ({ loot }: Readonly<Story>) => loot.length > 0;

/** Mostly the latest, since it is the most dangerous. */
const lootIndex = fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, { weight: 3, arbitrary: index });
const fromLoot = ({ loot }: Readonly<Story>, at: number) => (at < 0 ? loot.at(-1)! : pick(loot, at));

const thiefUses = fc
  .record({ which: lootIndex, at: instance })
  .map(
    ({ which, at }) =>
      new Step(`the thief uses ${which} at ${at}`, hasLoot, (story) =>
        story.use({ by: 'thief', refreshToken: fromLoot(story, which), instance: at }),
      ),
  );

const thiefAndOwner = fc
  .record({ which: lootIndex, thiefAt: goodInstance, ownerAt: goodInstance, first: fc.boolean() })
  .map(
    ({ which, thiefAt, ownerAt, first }) =>
      new Step(`the thief uses ${which} at ${thiefAt} as a tab does at ${ownerAt}`, hasLoot, async (story) => {
        const thief = { by: 'thief' as const, refreshToken: fromLoot(story, which), instance: thiefAt };
        const owner = { by: 'owner' as const, refreshToken: story.storage, instance: ownerAt };
        await story.use(...(first ? [thief, owner] : [owner, thief]));
      }),
  );

/** No use at all: neither may change anything. */
const forgery = fc
  .record({ which: lootIndex, byte: fc.nat({ max: 95 }), at: goodInstance, otherClient: fc.boolean() })
  .map(
    ({ which, byte, at, otherClient }) =>
      new Step(`the thief forges byte ${byte} of ${which}`, hasLoot, async (story, service) => {
        const stolen = fromLoot(story, which);
        const { outcome } = await service.use({
          by: 'thief',
          refreshToken: otherClient ? stolen : tampered(stolen, byte),
          instance: at,
          clientId: otherClient ? 'another' : undefined,
        });
        story.outcomes.push(outcome);
        if (outcome !== 'invalid' && outcome !== 'away') throw new Error(`a forgery got ${outcome}`);
      }),
  );

/** The same, and a thief. */
export const thiefSteps = [
  ...ownerSteps,
  { weight: 4, arbitrary: steal },
  { weight: 2, arbitrary: eavesdrop },
  { weight: 6, arbitrary: thiefUses },
  { weight: 3, arbitrary: thiefAndOwner },
  { weight: 1, arbitrary: forgery },
];
