/** For `.catch()` of a file operation: ignores errors that are as good as success, such as `EEXIST` when creating a folder. */
export function ignoring(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return undefined;
  };
}
