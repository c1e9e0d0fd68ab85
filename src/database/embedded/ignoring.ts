/** For `.catch()` of a file operation: these outcomes are as good as success, such as `EEXIST` of what was to be made. */
export function ignoring(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return undefined;
  };
}
