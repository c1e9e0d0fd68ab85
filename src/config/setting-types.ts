import { isIP } from 'node:net';
import { z } from 'zod';
import { faultInServers } from './database-url.js';

const unitSeconds = { s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 } as const;

/** Seconds of a duration such as `15m`, `10s`, `30d` or `0s`; undefined for anything else. */
export function parseDurationSeconds(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * unitSeconds[match[2] as keyof typeof unitSeconds];
}

export const duration = (fallback: string, bounds: { atLeast?: string; atMost?: string } = {}) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const seconds = parseDurationSeconds(text);
      if (seconds === undefined) {
        context.addIssue('must be a number and a unit, such as 10s, 15m, 12h or 30d');
        return z.NEVER;
      }
      if (bounds.atLeast && seconds < parseDurationSeconds(bounds.atLeast)!) {
        context.addIssue(`must be at least ${bounds.atLeast}`);
      }
      if (bounds.atMost && seconds > parseDurationSeconds(bounds.atMost)!) {
        context.addIssue(`must be at most ${bounds.atMost}`);
      }
      return seconds;
    });

export const whole = (fallback: number, least: number, most: number) =>
  z
    .string()
    .default(String(fallback))
    .refine(
      (text) => /^\d{1,9}$/.test(text) && least <= Number(text) && Number(text) <= most,
      `must be a whole number from ${least} to ${most}`,
    )
    .transform(Number);

export const onOff = (fallback: 'on' | 'off') =>
  z
    .enum(['on', 'off', 'true', 'false'], 'must be on or off')
    .default(fallback)
    .transform((text) => text === 'on' || text === 'true');

/** `COUNT/WINDOW`, or `off`. */
export const quota = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      if (text === 'off') return undefined;
      const [count = '', window = '', ...rest] = text.split('/');
      const windowSeconds = parseDurationSeconds(window) ?? 0;
      if (rest.length > 0 || !/^[1-9]\d{0,8}$/.test(count) || windowSeconds < 1 || windowSeconds > maxWindowSeconds) {
        context.addIssue('must be a number and a window of up to 7d, such as 100/15m, or off');
        return z.NEVER;
      }
      return { count: Number(count), windowSeconds };
    });

const maxWindowSeconds = 7 * 86_400;

export const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  );

export const asHttpUrl = (text: z.ZodType<string, string | undefined>) =>
  text
    .refine(
      (url) => /^https?:\/\/[^?#@\s]+$/.test(url) && URL.canParse(url),
      'must be an http or https URL without query, fragment or user',
    )
    .transform((url) => url.replace(/\/+$/, ''));

export const httpUrl = asHttpUrl(z.string());

/** Also without a host, such as `postgresql://user@/name?host=/var/run/postgresql`, or with several: `host1:5432,host2:5432`. */
export const postgresUrl = z
  .string()
  .regex(
    /^postgres(ql)?:\/\/([^\s/?#@]*@)?[^\s/?#@]*(\/[^\s?#]*)?(\?[^\s#]*)?$/,
    'must be a URL such as postgresql://user:password@host/name',
  )
  .superRefine((url, context) => {
    const fault = faultInServers(url);
    if (fault !== undefined) context.addIssue(fault);
  });

/** Prisma's spelling for a URL that leads to a pooler in transaction mode. */
export function hintsAtPooler(url: string | undefined): boolean {
  return url !== undefined && /[?&]pgbouncer=true(&|$)/.test(url);
}

const mailboxAddress = String.raw`[^\s<>@,;:()"\\]+@[^\s<>@,;:()"\\]+`;
const mailboxName = String.raw`(?:"[^"\\\p{C}]+" *|[^"\\<>@,;:\p{C}]+)`;

/** One address, or `Name <address>`, without anything that could start another header. */
export const mailbox = z
  .string()
  .regex(
    new RegExp(`^(?:${mailboxName}<${mailboxAddress}>|${mailboxAddress})$`, 'u'),
    'must be such as Pawl <no-reply@example.com>',
  );

export const trustProxy = z
  .string()
  .optional()
  .transform((text, context) => {
    if (text === undefined) return false;
    if (/^\d{1,2}$/.test(text)) return Number(text);
    const addresses = text.split(',').map((item) => item.trim());
    if (addresses.every(isAddressOrCidr)) return addresses;
    context.addIssue('must be a number of proxies, or a list of addresses and CIDR ranges');
    return z.NEVER;
  });

function isAddressOrCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** The minimum length of each value of a secret. */
export const minSecretCharacters = 32;

export const secrets = list
  .refine(
    (values) => values.every((value) => value.length >= minSecretCharacters),
    `must have at least ${minSecretCharacters} characters in each value`,
  )
  .refine((values) => new Set(values).size === values.length, 'must not have the same value twice');
