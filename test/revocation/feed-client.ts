import { expect } from '@jest/globals';
import { newClient, serviceToken } from '../oauth/clients.js';
import type { TestApp } from '../support/app.js';
import { afterThisTest } from '../support/cleanup.js';
import type { Answer, Tokens } from '../support/http.js';
import { call, expectStatus } from '../support/http.js';
import { until } from '../support/until.js';

export interface FeedEvent {
  /** `message` for a revocation, else the name of the event. */
  event: string;
  id?: string;
  data: Record<string, unknown>;
}

/** A connection that follows the feed, and what has arrived so far. */
export interface OpenFeed {
  headers: Headers;
  events: FeedEvent[];
  comments: () => number;
  isEnded: () => boolean;
  /** The revocations so far, without their times. */
  revocations: () => Record<string, unknown>[];
  /** Waits for a revocation. */
  received: (revocation: Record<string, unknown>) => Promise<FeedEvent>;
  close: () => void;
}

/** A token that opens the feed, of a new client. */
export async function feedToken(app: Pick<TestApp, 'url'>, admin: Tokens): Promise<string> {
  const client = await newClient(app, admin, { grant_types: ['client_credentials'], scope: 'revocations' });
  return serviceToken(app, client);
}

/** Opens a stream, and waits until it is current. */
export async function follow(
  app: Pick<TestApp, 'url'>,
  token: string,
  { lastEventId }: { lastEventId?: string } = {},
): Promise<OpenFeed> {
  const feed = await openFeed(app, token, lastEventId);
  await until(() => feed.events.some(({ event }) => event === 'current') || feed.isEnded());
  return feed;
}

async function openFeed(app: Pick<TestApp, 'url'>, token: string, lastEventId?: string): Promise<OpenFeed> {
  const aborting = new AbortController();
  const close = () => aborting.abort();
  afterThisTest(async () => close());
  const open = () =>
    fetch(`${app.url}/oauth/revocations`, {
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
      signal: aborting.signal,
    });
  let response!: Response;
  // On a busy machine, an instance may not hear itself for three seconds, and says so. A follower tries again.
  await until(async () => {
    response = await open();
    return response.status !== 503;
  });
  expect(response.status).toBe(200);
  const state = { comments: 0, ended: false };
  const events: FeedEvent[] = [];
  void readEvents(response, events, state).finally(() => (state.ended = true));
  const revocations = () => events.filter(({ event }) => event === 'message').map(({ data }) => withoutTime(data));
  return {
    headers: response.headers,
    events,
    comments: () => state.comments,
    isEnded: () => state.ended,
    revocations,
    received: async (revocation) => {
      const found = () =>
        events.find(({ event, data }) => event === 'message' && isEqual(withoutTime(data), revocation));
      await until(() => found() !== undefined);
      return found()!;
    },
    close,
  };
}

/** One page of the feed, as pollers ask for it. */
export function page(app: Pick<TestApp, 'url'>, token: string, after?: string): Promise<Answer> {
  const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
  return call(app, 'GET', `/oauth/revocations${query}`, { token, headers: { accept: 'application/json' } });
}

export async function goodPage(app: Pick<TestApp, 'url'>, token: string, after?: string) {
  return (await expectStatus(page(app, token, after), 200)) as {
    snapshot: boolean;
    revocations: Record<string, unknown>[];
    cursor: string;
    complete: boolean;
    keep_seconds: number;
  };
}

export function withoutTime({ at, ...revocation }: Record<string, unknown>): Record<string, unknown> {
  expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return revocation;
}

async function readEvents(response: Response, events: FeedEvent[], state: { comments: number }): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const bytes of response.body!) {
      text += decoder.decode(bytes as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        if (block.startsWith(':')) state.comments++;
        else if (!block.startsWith('retry:')) events.push(toEvent(block));
      }
    }
  } catch {
    // The test or the service has cut the connection: it has ended.
  }
}

function toEvent(block: string): FeedEvent {
  const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s)));
  return { event: fields.event ?? 'message', id: fields.id, data: JSON.parse(fields.data) as Record<string, unknown> };
}

function isEqual(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
