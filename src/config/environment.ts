import { existsSync, readFileSync } from 'node:fs';
import { InvalidConfiguration } from './env.js';
import { decodeText, parseEnvFile } from './env-file.js';
import { providerSecretNames } from './providers.js';
import { settingsFromFiles } from './settings-from-files.js';
import { unknownSettingWarnings } from './unknown-settings.js';

interface EnvironmentOptions {
  envFile?: string;
  /** Receives a sentence for each setting that does not have the effect that it seems to have. */
  warn?: (warning: string) => void;
}

/**
 * The variables of the process, which override those of a `.env` file in the working directory. The files that `NAME_FILE`
 * settings name are read. Throws one InvalidConfiguration for all of them that cannot be used.
 */
export function readEnvironment(
  processEnv: NodeJS.ProcessEnv,
  { envFile = '.env', warn = () => undefined }: EnvironmentOptions = {},
): NodeJS.ProcessEnv {
  const file = existsSync(envFile) ? parseEnvFile(readFileSync(envFile)) : { variables: {}, warnings: [] };
  for (const warning of [...file.warnings, ...unknownSettingWarnings(processEnv, file.variables)]) warn(warning);
  return withSecretFiles({ ...file.variables, ...processEnv });
}

function withSecretFiles(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const values: NodeJS.ProcessEnv = {};
  const faults: string[] = [];
  for (const name of [...settingsFromFiles, ...providerSecretNames(environment)]) {
    const path = environment[`${name}_FILE`];
    if (!path) continue;
    if (environment[name]) faults.push(`${name} must not be set together with ${name}_FILE`);
    try {
      const text = decodeText(readFileSync(path));
      if (text === undefined) faults.push(`${name}_FILE must name a file of UTF-8 text`);
      values[name] = text?.trim();
      if (values[name] === '') faults.push(`${name}_FILE must name a file that is not empty`);
    } catch (error) {
      faults.push(`${name}_FILE must name a readable file (${(error as NodeJS.ErrnoException).code})`);
    }
  }
  if (faults.length > 0) throw new InvalidConfiguration(faults);
  return { ...environment, ...values };
}
