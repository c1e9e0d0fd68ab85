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
  const files = await sentMails(app);
  const old = files.slice(0, -newestMails).flatMap((file) => [file, file.replace(/eml$/, 'json')]);
  await Promise.all(old.map((file) => rm(file, { force: true })));
  for (const file of files.slice(-newestMails)) {
    const token = tokenOf(await textOf(file));
    if (token) memory.remember('mailed token', token);
  }
}

/** The token of the newest email to the address. */
export async function mailedTokenTo(address: string, app: TestApp): Promise<string> {
  for (const file of (await sentMails(app)).reverse()) {
    const text = await textOf(file);
    const token = text.includes(address) && tokenOf(text);
    if (token) return token;
  }
  throw new Error(`There is no email with a link to ${address}`);
}

/** The files of the emails, the oldest first. */
async function sentMails(app: TestApp): Promise<string[]> {
  await sendMails(app);
  const folder = app.nest.get<Config>(CONFIG, { strict: false }).mail.folder!;
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith('.eml'))
    .sort()
    .map((name) => join(folder, name));
}

async function textOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).replaceAll('=\r\n', '').replaceAll('=3D', '=');
}

const tokenOf = (text: string) => /#token=([A-Za-z0-9_-]{43})/.exec(text)?.[1];
