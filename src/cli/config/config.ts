import { readEnvironment } from '../../config/environment.js';
import type { CommandContext } from '../command-context.js';
import type { PawlCommand } from '../pawl-command.js';
import { formatTable } from '../table.js';
import { effectiveSettings } from './effective-settings.js';

/** `pawl config`: fails as the start would if a setting is wrong. */
export function defineConfigCommand(config: PawlCommand, context: CommandContext): void {
  config.withJson().action(({ json }: { json: boolean }) => {
    const environment = readEnvironment(context.processEnv, { warn: (warning) => context.printError(warning) });
    const settings = effectiveSettings(environment, context.processEnv);
    if (json) {
      context.printJson(Object.fromEntries(settings.map(({ name, value, source }) => [name, { value, source }])));
      return;
    }
    const rows = settings.map(({ name, value, source }) => [name, value ?? '-', source]);
    context.print(formatTable(['SETTING', 'VALUE', 'FROM'], rows));
  });
}
