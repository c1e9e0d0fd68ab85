import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { loadConfig } from '../../src/config/config.js';
import { Env } from '../../src/config/env.js';

const root = join(import.meta.dirname, '../..');
const names = Object.keys(Env.shape);
const secret = 'a secret of some forty characters or more';

const settingNamed = (name: string) => Env.shape[name as keyof typeof Env.shape];

/** The default as it is written in the environment. Undefined if there is no default, or if it depends on the machine. */
function fixedDefault(name: string): string | undefined {
  if (name === 'PASSWORD_CONCURRENCY') return undefined;
  const { default: fallback } = z.toJSONSchema(settingNamed(name), { io: 'input' });
  return typeof fallback === 'string' && fallback !== '' ? fallback : undefined;
}

/** The text of a cell that contains exactly one literal. */
function literal(cell: string): string | undefined {
  return /^`([^`]+)`$/.exec(cell)?.[1];
}

describe('docs/configuration.md', () => {
  const text = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  /** Its rows: | `NAME` | default | meaning | example | */
  const rows = [...text.matchAll(/^\| `([A-Z0-9_]+)` \| (.+?) \| (.+) \| (.+?) \|$/gm)].map(
    ([, name = '', fallback = '', meaning = '', example = '']) => ({ name, fallback, meaning, example }),
  );

  it('explains every setting, once, and no other', () => {
    expect(rows.map((row) => row.name).sort()).toEqual([...names].sort());
  });

  it.each(rows)('gives $name its real default', ({ name, fallback }) => {
    const documented = literal(fallback);
    // The document describes it in words if there is no default, or if it depends on the machine or on another setting.
    if (documented === undefined || names.includes(documented)) expect(fixedDefault(name)).toBeUndefined();
    else expect(documented).toBe(fixedDefault(name));
  });

  it.each(rows)('gives $name an example that is accepted, and is not the default', ({ name, fallback, example }) => {
    const value = literal(example);
    if (value === undefined) expect(['AUTH_SECRET', 'ADMIN_PASSWORD', 'METRICS_TOKEN']).toContain(name);
    else expect(settingNamed(name).safeParse(value).error).toBeUndefined();
    expect(example).not.toBe(fallback);
  });
});

describe('.env.example', () => {
  const text = readFileSync(join(root, '.env.example'), 'utf8');
  const lines = [...text.matchAll(/^# ([A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value = '']) => ({ name, value }));

  it('has every setting, once, and no other, and sets none', () => {
    expect(lines.map((line) => line.name).sort()).toEqual([...names].sort());
    expect(parseEnv(text)).toEqual({});
  });

  it.each(lines)('gives $name its default', ({ name, value }) => {
    expect(value).toBe(fixedDefault(name) ?? '');
  });

  it('changes nothing when its comments are taken away', () => {
    const settings = parseEnv(text.replace(/^# (?=[A-Z0-9_]+=)/gm, ''));
    expect(Object.keys(settings)).toHaveLength(names.length);
    expect(loadConfig({ ...settings, AUTH_SECRET: secret })).toEqual(loadConfig({ AUTH_SECRET: secret }));
  });
});
