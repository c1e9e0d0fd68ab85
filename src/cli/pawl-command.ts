import type { ErrorOptions, ParseOptionsResult } from 'commander';
import { Command } from 'commander';

/** A command line that cannot run. The message repeats no value of it, which may be a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(
    message: string,
    /** How the command is used. */
    readonly help: string,
  ) {
    super(message);
  }
}

/** A command of `pawl`. It throws a UsageError for a command line that cannot run. */
export class PawlCommand extends Command {
  /** Adds `--json`. */
  withJson(): this {
    return this.option('--json', 'print the result as one line of JSON', false);
  }

  override createCommand(name?: string): PawlCommand {
    return new PawlCommand(name);
  }

  /** Ids and email addresses may begin with a hyphen: a word that has not the shape of one of our options is a value. */
  override parseOptions(words: string[]): ParseOptionsResult {
    const { operands, unknown } = super.parseOptions(words);
    const hasSubcommands = this.commands.length > 0;
    if (hasSubcommands || unknown.some(looksLikeOption)) return { operands, unknown };
    return { operands: [...operands, ...unknown], unknown: [] };
  }

  override error(message: string, options?: ErrorOptions): never {
    throw new UsageError(sentenceOf(message, options?.code), this.helpInformation());
  }
}

function looksLikeOption(word: string): boolean {
  return word === '-h' || /^--[a-z][a-z-]*(=|$)/.test(word);
}

/** Commander's own messages quote what was typed, perhaps a password or a token. */
function sentenceOf(message: string, code: string | undefined): string {
  const [, quoted = ''] = /'(.*)'/.exec(message) ?? [];
  switch (code) {
    case 'commander.unknownCommand':
      return `There is no such command.${suggestionIn(message)}`;
    case 'commander.unknownOption': {
      const [, name] = /^(--[a-z-]+)(=.*)?$/s.exec(quoted) ?? [];
      return `There is no ${name ? `option ${name}` : 'such option'}.${suggestionIn(message)}`;
    }
    case 'commander.missingArgument':
      return `The argument ${quoted} is missing.`;
    case 'commander.optionMissingArgument':
      return `The option ${quoted} needs a value.`;
    case 'commander.excessArguments':
      return 'There are too many arguments.';
    default:
      return message;
  }
}

/** A suggestion quotes only what exists. */
function suggestionIn(message: string): string {
  const [suggestion] = /Did you mean .+\?/.exec(message) ?? [];
  return suggestion ? ` ${suggestion}` : '';
}
