import { OperatorError } from '../common/operator-error.js';

/** Stops the start. Names every wrong setting, one a line, and never shows a value: it may be a secret. */
export class InvalidConfiguration extends OperatorError {
  constructor(faults: readonly string[]) {
    const lines = [...new Set(faults)].map((fault) => `  ${fault}`);
    super(`These settings are wrong (docs/configuration.md explains them):\n${lines.join('\n')}`);
  }
}
