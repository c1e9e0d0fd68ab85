import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';

/** What PostgreSQL and Node.js need of the environment. Pawl must not take the settings of the service under test for its own. */
const passedOn = [
  'PATH',
  'HOME',
  'USER',
  'TMPDIR',
  'TMP',
  'TEMP',
  'LANG',
  'SystemRoot',
  'USERPROFILE',
  'LD_LIBRARY_PATH',
];
const program = join('bin', 'testing.cjs');

interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

/** A Pawl that runs as a child process, and the only channel that controls it. It ends when this process does, however it ends. */
export class PawlProcess {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private readonly ended: Promise<never>;
  private lastId = 0;
  private errors = '';

  constructor(packageFolder: string, { showsLog }: { showsLog: boolean }) {
    this.child = fork(join(packageFolder, program), [], {
      cwd: packageFolder,
      env: Object.fromEntries(passedOn.map((name) => [name, process.env[name]])),
      // Not those of the test runner.
      execArgv: [],
      stdio: ['ignore', showsLog ? 'inherit' : 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.child.on('message', (reply) => this.onReply(reply as Reply));
    this.ended = new Promise((_resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        reject(new Error(`Pawl has ended (${code ?? signal}). ${this.errors}`.trim()));
      });
    });
    this.ended.catch(() => undefined);
    this.letGo();
  }

  /** Throws an error with what Pawl says if it refuses. */
  async ask(command: string, input: object = {}): Promise<unknown> {
    const id = ++this.lastId;
    const replied = new Promise<Reply>((resolve) => this.waiting.set(id, resolve));
    this.hold();
    try {
      if (this.child.connected) this.child.send({ id, command, input });
      const { result, error } = await Promise.race([replied, this.ended]);
      if (error !== undefined) throw new Error(error);
      return result;
    } finally {
      this.waiting.delete(id);
      if (!this.isAsked) this.letGo();
    }
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await this.ask('stop').catch(() => undefined);
    child.ref();
    // It ends when nobody controls it any more.
    if (child.connected) child.disconnect();
    await exited;
  }

  private get isAsked(): boolean {
    return this.waiting.size > 0;
  }

  private onReply(reply: Reply): void {
    this.waiting.get(reply.id)?.(reply);
  }

  /** Keeps this process alive until there is a reply. */
  private hold(): void {
    this.child.channel?.ref();
    this.stderr?.ref();
  }

  /** A test run that forgets to stop it still ends, and Pawl with it. */
  private letGo(): void {
    this.child.unref();
    this.child.channel?.unref();
    this.stderr?.unref();
  }

  /** A pipe, which the types do not say. */
  private get stderr(): Socket | null {
    return this.child.stderr as Socket | null;
  }
}

/** The folder of the installed package `pawl`. Throws an error that says how to install it. */
export function findPawl(given?: string): string {
  const folder = given ?? installedFolder();
  if (folder !== undefined && existsSync(join(folder, program))) return folder;
  throw new Error(
    folder === undefined
      ? 'startPawl() runs the package pawl, which is not installed here. Install it as a development dependency, or give its folder as packageFolder.'
      : `${folder} is not the package pawl, or one of another version: it has no ${program}.`,
  );
}

function installedFolder(): string | undefined {
  try {
    return dirname(createRequire(join(process.cwd(), 'package.json')).resolve('pawl/package.json'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
