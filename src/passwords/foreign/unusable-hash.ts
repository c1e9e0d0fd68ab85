/** Why a hash cannot be imported, in words for the operator that quote nothing of it. */
export class UnusableHash extends Error {
  override readonly name = 'UnusableHash';
}

/** Throws UnusableHash for a parameter out of bounds. */
export function assertBetween(name: string, value: number, least: number, most: number): void {
  if (value < least) throw new UnusableHash(`has ${name} ${value}, which is less than ${least}`);
  if (value > most) throw new UnusableHash(`has ${name} ${value}, which is more than ${most}`);
}
