import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

/** Debian's Chromium, or the one that CHROMIUM_PATH names. It connects to the tests' own servers only. */
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** A host of another site than localhost. */
export const evilHost = 'evil.test';

/** Two hosts of one site. */
export const siblingHosts = { app: 'app.example.test', auth: 'auth.example.test' };

/** `hostRule` is one more of Chromium's `--host-resolver-rules`. It comes first. */
export function launchChromium(hostRule?: string): Promise<Browser> {
  const rules = [`MAP ${evilHost} 127.0.0.1`, 'MAP *.example.test 127.0.0.1'];
  if (hostRule !== undefined) rules.unshift(hostRule);
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${rules.join(', ')}`,
    ],
  });
}
