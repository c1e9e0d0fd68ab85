import { setTimeout as sleep } from 'node:timers/promises';
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
