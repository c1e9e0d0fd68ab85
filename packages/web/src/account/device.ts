import type { Words } from '../i18n/en.js';

/** The first name that matches is the browser: most browsers also claim to be those further down. */
const browsers: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\bOPR\/|\bOpera\b/],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Whale', /\bWhale\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(HeadlessChrome|Chrome|CriOS|Chromium)\//],
  ['Safari', /\bVersion\/[\d.]+.*\bSafari\//],
  ['curl', /^curl\//],
  ['Node.js', /^(node|undici)\b/],
];

const systems: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b|\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
];

interface Device {
  browser: string;
  system?: string;
}

/** `Chrome on Linux`, in the language of the page. */
export function nameOfDevice({ browser, system }: Device, { sessions }: Words): string {
  return system === undefined ? browser : sessions.on(browser, system);
}

/** What people call the browser and the system of a `User-Agent`. Undefined if it is none that we know. */
export function deviceOf(userAgent: string | null): Device | undefined {
  const browser = browsers.find(([, pattern]) => pattern.test(userAgent ?? ''))?.[0];
  const system = systems.find(([, pattern]) => pattern.test(userAgent ?? ''))?.[0];
  if (browser === undefined) return system === undefined ? undefined : { browser: system };
  return { browser, ...(system !== undefined && { system }) };
}
