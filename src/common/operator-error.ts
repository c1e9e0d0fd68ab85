/** Something the operator can put right: the message is one sentence that says what to do, and needs no stack. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
