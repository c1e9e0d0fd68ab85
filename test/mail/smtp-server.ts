import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Email } from 'postal-mime';
import PostalMime from 'postal-mime';
import type { SMTPServerSession } from 'smtp-server';
import { SMTPServer } from 'smtp-server';

/** A message that arrived completely, with its envelope recipients. */
export interface Arrival {
  from: string;
  to: string[];
  /** The user who signed in on the connection. */
  user: string | undefined;
  source: string;
  mail: Email;
}

/** The server's response after DATA: the message is accepted, or there is no response and the connection breaks. */
export type Verdict = 'accept' | 'break';

/** A mail server that keeps the emails it gets, and fails as a test wants. */
export interface TestSmtpServer {
  port: number;
  /** For `SMTP_URL`. */
  url: string;
  /** The messages that it has accepted. */
  received: Arrival[];
  /** All messages that arrived, including those that it did not respond to. */
  offered: Arrival[];
  /** The status for a recipient, such as 550. */
  recipientStatus: (address: string) => number;
  /** The enhanced code of the reason, such as `5.7.1` (RFC 3463). Empty for no code. */
  enhancedCode: string;
  /** Called when a message has arrived, before the response. A promise that never resolves simulates a server that hangs. */
  verdict: (arrival: Arrival) => Verdict | Promise<Verdict>;
  /** Accepts everything again, and forgets what arrived. */
  reset(): void;
  /** Every connection breaks, and new ones are refused until `start`, which listens on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface SmtpServerOptions {
  /** TLS from the start, with this certificate. */
  tls?: { key: string; cert: string };
  /** Clients must sign in with these. Without them the server accepts any credentials. */
  credentials?: { user: string; password: string };
}

const wellBehaved: Pick<TestSmtpServer, 'recipientStatus' | 'enhancedCode' | 'verdict'> = {
  recipientStatus: () => 250,
  enhancedCode: '',
  verdict: () => 'accept',
};

export async function startSmtpServer({ credentials, tls }: SmtpServerOptions = {}): Promise<TestSmtpServer> {
  const sockets = new Set<Socket>();
  let running: SMTPServer | undefined;

  const create = () => {
    const smtp = new SMTPServer({
      ...(tls && { secure: true, ...tls }),
      hideSTARTTLS: true,
      allowInsecureAuth: true,
      authOptional: credentials === undefined,
      disableReverseLookup: true,
      logger: false,
      onAuth: ({ username, password }, _session, done) => {
        const known = !credentials || (username === credentials.user && password === credentials.password);
        done(known ? null : withStatus(535, 'no'), known ? { user: username } : undefined);
      },
      onRcptTo: ({ address }, _session, done) => {
        const status = server.recipientStatus(address);
        done(
          status < 400
            ? null
            : withStatus(status, `${server.enhancedCode} <${address}> is refused, by ${server.url}`.trim()),
        );
      },
      onData: (stream, session, done) => {
        void (async () => {
          const arrival = await toArrival(await buffer(stream), session);
          server.offered.push(arrival);
          if ((await server.verdict(arrival)) === 'break') {
            for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy();
            return;
          }
          server.received.push(arrival);
          done();
        })().catch((error: unknown) => done(error as Error));
      },
    });
    // Some tests break connections.
    smtp.on('error', () => undefined);
    smtp.server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    return smtp;
  };

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      running = create();
      running.server.once('error', reject);
      running.listen(port, '127.0.0.1', resolve);
    });

  const { user, password } = credentials ?? { user: 'user', password: 'password' };
  const server: TestSmtpServer = {
    port: 0,
    url: '',
    received: [],
    offered: [],
    ...wellBehaved,
    reset: () => {
      Object.assign(server, { received: [], offered: [], ...wellBehaved });
    },
    stop: () =>
      new Promise<void>((resolve) => {
        const stopping = running;
        running = undefined;
        if (stopping) stopping.close(() => resolve());
        else resolve();
        for (const socket of sockets) socket.destroy();
      }),
    start: async () => {
      if (!running) await listen(server.port);
    },
  };
  await listen(0);
  server.port = (running!.server.address() as AddressInfo).port;
  server.url = `smtp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${server.port}`;
  return server;
}

async function toArrival(source: Buffer, { envelope, user }: SMTPServerSession): Promise<Arrival> {
  return {
    from: envelope.mailFrom ? envelope.mailFrom.address : '',
    to: envelope.rcptTo.map(({ address }) => address),
    user: user as string | undefined,
    source: source.toString(),
    mail: await PostalMime.parse(source),
  };
}

function withStatus(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
