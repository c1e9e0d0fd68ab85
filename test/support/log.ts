import { setTimeout as sleep } from 'node:timers/promises';
import type { DestinationStream } from 'pino';
import type { StartLog } from '../../src/database/start-log.js';

/** Keeps what a start logs, for a test to read. */
export interface RecordingLog extends StartLog {
  lines: string[];
  /** Resolves once a line with this text has been logged. */
  includes(text: string): Promise<void>;
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const tell = (message: string) => void lines.push(message);
  return {
    lines,
    log: tell,
    warn: tell,
    includes: async (text) => {
      while (!lines.some((line) => line.includes(text))) await sleep(10);
    },
  };
}

/** Keeps the lines that a service logs, each of them JSON. Start the service with it as `logDestination`. */
export interface RecordingDestination extends DestinationStream {
  lines: string[];
  /** All of the lines. */
  readonly text: string;
  /** The lines as objects. */
  entries<Entry>(): Entry[];
}

export function recordingDestination(): RecordingDestination {
  const lines: string[] = [];
  return {
    lines,
    get text() {
      return lines.join('');
    },
    entries: <Entry>() => lines.map((line) => JSON.parse(line) as Entry),
    write: (line) => void lines.push(line),
  };
}
