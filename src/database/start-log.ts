/** Receives messages about the steps of a start. Nest's Logger is one. */
export interface StartLog {
  log(message: string): void;
  warn(message: string): void;
}
