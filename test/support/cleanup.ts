const cleanups: (() => Promise<void>)[] = [];

/** Runs after the current test, also if the test fails: a service that keeps running would keep jest from exiting. */
export function afterThisTest(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup);
}

/** Runs the last one first: an instance stops before the database it uses is dropped. */
export async function runCleanups(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}
