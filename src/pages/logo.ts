import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { OperatorError } from '../common/operator-error.js';

const types: Readonly<Record<string, string>> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
};
const maxBytes = 256 * 1024;

export interface Logo {
  type: string;
  content: Buffer;
}

/** Reads BRAND_LOGO. Throws an OperatorError if it cannot be used, so that nobody sees a broken image. */
export function readLogo(file: string): Logo {
  const type = types[extname(file).toLowerCase()];
  if (type === undefined) throw new OperatorError(`BRAND_LOGO must be an SVG, PNG, WebP or JPEG file: ${file}`);
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw new OperatorError(`BRAND_LOGO cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (content.length > maxBytes) throw new OperatorError(`BRAND_LOGO must be at most 256 KiB: ${file}`);
  return { type, content };
}
