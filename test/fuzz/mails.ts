import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.js';
import { CONFIG } from '../../src/config/config.module.js';
import { sendMails } from '../mail/mailbox.js';
import type { TestApp } from '../support/app.js';
import type { Memory } from './memory.js';

const newestMails = 12;

/** Sends the emails that are due, and lets the requests use the tokens of the newest ones. The others are deleted. */
export async function learnMails(app: TestApp, memory: Memory): Promise<void> {
  await sendMails(app);
  const folder = app.nest.get<Config>(CONFIG, { strict: false }).mail.folder!;
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml')).sort();
  await Promise.all(names.slice(0, -newestMails).map((name) => rm(join(folder, name))));
  for (const name of names.slice(-newestMails)) {
    const text = (await readFile(join(folder, name), 'utf8')).replaceAll('=\r\n', '').replaceAll('=3D', '=');
    const [, token] = /#token=([A-Za-z0-9_-]{43})/.exec(text) ?? [];
    if (token) memory.remember('mailed token', token);
  }
}
