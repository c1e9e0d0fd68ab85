import { UnusableHash } from './unusable-hash.js';

/** Reads `m=65536,t=3,p=1` in any order. Throws UnusableHash for a parameter that is missing, unknown or not a number. */
export function readParameters(text: string, required: string[], optional: string[] = []): Record<string, number> {
  const parameters: Record<string, number> = {};
  for (const parameter of text.split(',')) {
    const [, name = '', value] = /^([a-z]{1,10})=(\d{1,9})$/.exec(parameter.toLowerCase()) ?? [];
    if (value === undefined || ![...required, ...optional].includes(name)) {
      throw new UnusableHash(`has a parameter other than ${[...required, ...optional].join(', ')}`);
    }
    parameters[name] = Number(value);
  }
  const missing = required.find((name) => parameters[name] === undefined);
  if (missing) throw new UnusableHash(`lacks the parameter ${missing}`);
  return parameters;
}
