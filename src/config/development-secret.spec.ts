import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentSecret } from './development-secret.js';
import { InvalidConfiguration } from './env.js';

describe('the secret of a service that was started without one', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'pawl-secret-'));
  });
  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  it('is generated once and stored in a directory that is created for it', () => {
    const dataDir = join(parent, 'new', 'data');
    const secret = developmentSecret(dataDir);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(48);
    expect(developmentSecret(dataDir)).toBe(secret);
    expect(readdirSync(dataDir)).toEqual(['auth-secret']);
    expect(developmentSecret(join(parent, 'other'))).not.toBe(secret);
  });

  // Windows has no such modes. There, other users cannot read the user's own folders.
  (process.platform === 'win32' ? it.skip : it)('is readable by its owner only', () => {
    developmentSecret(parent);
    expect(statSync(join(parent, 'auth-secret')).mode & 0o777).toBe(0o600);
  });

  it('that cannot be stored stops the start with one sentence', () => {
    const file = join(parent, 'a-file');
    writeFileSync(file, '');
    expect(() => developmentSecret(join(file, 'data'))).toThrow(InvalidConfiguration);
    expect(() => developmentSecret(join(file, 'data'))).toThrow(
      /\n {2}DATA_DIR must be a writable directory \(ENOTDIR\), or AUTH_SECRET must be set$/,
    );
  });

  it.each(['', 'half a secr'])('is not taken from a damaged file (%j)', (content) => {
    writeFileSync(join(parent, 'auth-secret'), content);
    expect(() => developmentSecret(parent)).toThrow(/DATA_DIR holds a damaged auth-secret/);
  });
});
