/** A fault that the operator can fix. The message is one sentence that says what to do. It is shown without a stack. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
