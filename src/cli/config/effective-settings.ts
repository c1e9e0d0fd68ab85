import type { z } from 'zod';
import { Env, parseSettings } from '../../config/env.js';
import { providerSecretNames, providerSettingNames } from '../../config/providers.js';

export interface EffectiveSetting {
  name: string;
  /** As it is written in the environment, without secrets. Null if it is not set and has no default. */
  value: string | null;
  source: 'environment' | '.env' | 'file' | 'default';
}

const secrets: readonly string[] = ['AUTH_SECRET', 'ADMIN_PASSWORD', 'METRICS_TOKEN'];
const hidden = '(set, not shown)';

/** Every setting with its value and where it comes from. Throws InvalidConfiguration as a start does. */
export function effectiveSettings(environment: NodeJS.ProcessEnv, processEnv: NodeJS.ProcessEnv): EffectiveSetting[] {
  const settings = parseSettings(environment);
  const derived = derivedDefaults(settings);
  const fixed = Object.entries(Env.shape).map(([name, schema]): EffectiveSetting => {
    const given = environment[name];
    if (!given) return { name, value: derived[name] ?? defaultOf(schema), source: 'default' };
    return { name, value: withoutSecrets(name, given), source: sourceOf(name, environment, processEnv) };
  });
  return [...fixed, ...providerSettings(environment, processEnv)];
}

/** Those of the providers that are set: which there are depends on PROVIDERS. */
function providerSettings(environment: NodeJS.ProcessEnv, processEnv: NodeJS.ProcessEnv): EffectiveSetting[] {
  const ofSecrets = providerSecretNames(environment);
  return providerSettingNames(environment)
    .filter((name) => environment[name])
    .map((name) => ({
      name,
      value: ofSecrets.includes(name) ? hidden : withoutSecrets(name, environment[name]!),
      source: sourceOf(name, environment, processEnv),
    }));
}

/** Defaults that depend on other settings, or are not a value. */
function derivedDefaults({ NODE_ENV, PORT, PUBLIC_URL, DATABASE_URL }: z.infer<typeof Env>): Record<string, string> {
  const publicUrl = PUBLIC_URL ?? `http://localhost:${PORT}`;
  return {
    HOST: NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1',
    PUBLIC_URL: publicUrl,
    JWT_AUDIENCE: publicUrl,
    AUTH_SECRET: '(generated, kept in DATA_DIR)',
    MAIL_FROM: 'Pawl <no-reply@localhost>',
    DATABASE_URL: '(embedded PostgreSQL in DATA_DIR)',
    ...(DATABASE_URL && { DATABASE_DIRECT_URL: '(DATABASE_URL)' }),
  };
}

function sourceOf(
  name: string,
  environment: NodeJS.ProcessEnv,
  processEnv: NodeJS.ProcessEnv,
): EffectiveSetting['source'] {
  if (environment[`${name}_FILE`]) return 'file';
  return processEnv[name] ? 'environment' : '.env';
}

function withoutSecrets(name: string, value: string): string {
  if (secrets.includes(name)) return hidden;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return value;
  const masked = value.replace(/([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&#]*/gi, '$1***');
  // Not with URL, which refuses several hosts. A password may contain any character, so it ends at the last @.
  const at = masked.lastIndexOf('@');
  if (at === -1) return masked;
  const [user = ''] = /^[^/]*\/\/[^:/@]*/.exec(masked) ?? [];
  return `${user}:***${masked.slice(at)}`;
}

/** The default as it would be written in the environment. */
function defaultOf(schema: z.core.$ZodType): string | null {
  const { def } = schema._zod as {
    def: { type: string; defaultValue?: unknown; in?: z.core.$ZodType; innerType?: z.core.$ZodType };
  };
  if (def.type === 'default') {
    const value = def.defaultValue;
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    return text === '' ? null : text;
  }
  const inner = def.in ?? def.innerType;
  return inner ? defaultOf(inner) : null;
}
