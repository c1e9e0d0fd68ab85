import type { ServerResponse } from 'node:http';

/** What a test revokes, in the words of Pawl's feed. */
export type TestRevocation =
  | { sessionId: string }
  | { userId: string; minEpoch: number }
  | { clientId: string }
  | { tokenId: string }
  | { keyId: string };

const commentMs = 5000;
const keepSeconds = 1200;

/** The revocation feed of a test issuer: the stream of `GET /oauth/revocations`. */
export class TestFeed {
  private readonly events: string[] = [];
  private readonly followers = new Set<ServerResponse>();

  revoke(revocation: TestRevocation): void {
    const data = JSON.stringify({ ...wireForm(revocation), at: new Date().toISOString() });
    const event = `id: ${this.events.length + 1}\ndata: ${data}\n\n`;
    this.events.push(event);
    for (const follower of this.followers) follower.write(event);
  }

  follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const state = JSON.stringify({ keep_seconds: keepSeconds });
    response.write(`event: snapshot\ndata: ${state}\n\n`);
    response.write(`${this.events.join('')}event: current\nid: ${this.events.length}\ndata: ${state}\n\n`);
    const heartbeat = setInterval(() => response.write(':\n\n'), commentMs).unref();
    this.followers.add(response);
    response.once('close', () => {
      clearInterval(heartbeat);
      this.followers.delete(response);
    });
  }

  end(): void {
    for (const follower of this.followers) follower.end();
  }
}

function wireForm(revocation: TestRevocation): Record<string, unknown> {
  if ('sessionId' in revocation) return { session_id: revocation.sessionId };
  if ('userId' in revocation) return { user_id: revocation.userId, min_epoch: revocation.minEpoch };
  if ('clientId' in revocation) return { client_id: revocation.clientId };
  return 'tokenId' in revocation ? { jti: revocation.tokenId } : { kid: revocation.keyId };
}
