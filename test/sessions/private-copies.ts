import type { TestApp } from '../support/app.js';
import { refresh, register } from '../support/http.js';
import { codeOf, tokensOf } from './refresh-story.js';

const accessTokenSeconds = 15 * 60;

/** How a session of several processes went. */
export interface Ending {
  /** Minutes after the sign-in at which a refresh was refused; undefined if none was. */
  endedAfterMinutes: number | undefined;
  /** The code of that refusal. */
  code: string | undefined;
  refreshes: number;
}

export interface Processes {
  /** For each process: how many seconds after the expiry of its access token it needs the next one, in turns. */
  pauses: readonly (readonly number[])[];
  /** Whether they read one storage before each refresh, and not a copy of their own. */
  share: boolean;
  hours: number;
}

/**
 * Several processes of one user start with the tokens of one sign-in, such as an agent and its helpers, or a command-line tool in
 * several terminals. Each works all the time, and refreshes when its own access token has expired.
 */
export async function runProcesses(app: TestApp, { pauses, share, hours }: Processes): Promise<Ending> {
  const { refresh_token: first } = await register(app);
  const copies = pauses.map(() => first);
  const due = pauses.map(([pause = 0]) => accessTokenSeconds + pause);
  let elapsedSeconds = 0;
  let refreshes = 0;
  for (;;) {
    const next = due.indexOf(Math.min(...due));
    if (due[next]! > hours * 3600) return { endedAfterMinutes: undefined, code: undefined, refreshes };
    app.clock.advanceSeconds(due[next]! - elapsedSeconds);
    elapsedSeconds = due[next]!;
    const place = share ? 0 : next;
    const answer = await refresh(app, copies[place]);
    if (answer.status === 503) continue; // a busy machine: the same token again
    refreshes++;
    if (answer.status !== 200) return { endedAfterMinutes: elapsedSeconds / 60, code: codeOf(answer), refreshes };
    copies[place] = tokensOf(answer).refresh_token;
    due[next] = elapsedSeconds + accessTokenSeconds + pauses[next]![refreshes % pauses[next]!.length]!;
  }
}
