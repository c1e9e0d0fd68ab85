import { Env } from './env.js';
import { providerSecretNames, providerSettingNames } from './providers.js';
import { settingsFromFiles } from './settings-from-files.js';

const fixedSettings = [...Object.keys(Env.shape), ...settingsFromFiles.map((name) => `${name}_FILE`)];

/** In the `.env` file of a Compose project, but read by Compose. */
const ofCompose = /^(COMPOSE_\w+|POSTGRES_PASSWORD|PAWL_PORT|MAILPIT_PORT)$/;

/** A process has many variables of others, so only a long name that is almost a setting is reported. */
const maxTypos = 2;
const minReportedCharacters = 8;

/** A sentence for each variable that looks like a setting and is not one. */
export function unknownSettingWarnings(processEnv: NodeJS.ProcessEnv, fileEnv: NodeJS.ProcessEnv): string[] {
  const environment = { ...fileEnv, ...processEnv };
  const secretFiles = providerSecretNames(environment).map((name) => `${name}_FILE`);
  const settings = [...fixedSettings, ...providerSettingNames(environment), ...secretFiles];
  const nearest = (name: string) => nearestSetting(name, settings);
  const ofFile = Object.keys(fileEnv).filter((name) => !settings.includes(name) && !ofCompose.test(name));
  const ofProcess = Object.keys(processEnv).filter(
    (name) => name.length >= minReportedCharacters && !settings.includes(name) && nearest(name) !== undefined,
  );
  return [...new Set([...ofFile, ...ofProcess])].map((name) => {
    const meant = nearest(name);
    return `${name} is not a setting and has no effect.${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
  });
}

function nearestSetting(name: string, settings: readonly string[]): string | undefined {
  const upper = name.toUpperCase();
  const [nearest] = settings
    .map((setting) => ({ setting, typos: editDistance(upper, setting) }))
    .filter(({ typos }) => typos <= maxTypos)
    .sort((a, b) => a.typos - b.typos);
  return nearest?.setting;
}

/** The number of characters to insert, delete or replace (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, character] of Array.from(from).entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = row[j]! + (character === to[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
