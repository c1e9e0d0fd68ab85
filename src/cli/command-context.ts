import { printable, printableJson } from './printable.js';
import type { Terminal } from './terminal.js';

/** What every command of the program `pawl` works with. */
export class CommandContext {
  /** What the process ends with after a command that did not fail. */
  exitCode = 0;
  /** What the process ends with after an error that the operator can correct. */
  failureExitCode = 1;

  constructor(
    /** The variables of the process, without those of a `.env` file. */
    readonly processEnv: NodeJS.ProcessEnv,
    readonly terminal: Terminal,
    /** Where the operator called the program: relative file names start here. */
    readonly folder: string,
    /** Starts the service. Resolves once it listens. */
    readonly startService: () => Promise<void>,
  ) {}

  /** Writes lines to standard output. */
  print(text: string): void {
    this.terminal.stdout.write(`${printable(text)}\n`);
  }

  /** Writes a value as one line of JSON to standard output. */
  printJson(value: unknown): void {
    this.terminal.stdout.write(`${printableJson(value)}\n`);
  }

  /** Writes the value as JSON and returns true if the operator asked for JSON. */
  json(options: { json: boolean }, value: unknown): boolean {
    if (options.json) this.printJson(value);
    return options.json;
  }

  /** Writes lines to standard error. */
  printError(text: string): void {
    this.terminal.stderr.write(`${printable(text)}\n`);
  }
}
