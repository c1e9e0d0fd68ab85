import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidConfiguration } from './env.js';
import { minSecretCharacters } from './setting-types.js';

/**
 * The AUTH_SECRET of a service that was started without one outside production. It is generated once and stored in the data
 * directory, readable by its owner only, so that a restart signs nobody out.
 */
export function developmentSecret(dataDir: string): string {
  const secret = storedSecret(dataDir);
  if (secret.length < minSecretCharacters) {
    throw new InvalidConfiguration(['DATA_DIR holds a damaged auth-secret: delete that file, or set AUTH_SECRET']);
  }
  return secret;
}

function storedSecret(dataDir: string): string {
  const file = join(dataDir, 'auth-secret');
  try {
    mkdirSync(dataDir, { recursive: true });
    if (!existsSync(file)) placeSecret(file);
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InvalidConfiguration([`DATA_DIR must be a writable directory (${code}), or AUTH_SECRET must be set`]);
  }
}

/** Writes to a draft and links it into place, so that a crash or a second start can neither expose half a secret nor replace one. */
function placeSecret(file: string): void {
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  writeFileSync(draft, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
