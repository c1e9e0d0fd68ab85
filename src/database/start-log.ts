/** Where the steps of a start are told; Nest's Logger is one. */
export interface StartLog {
  log(message: string): void;
  warn(message: string): void;
}
