import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config.js';
import { readEnvironment } from './environment.js';

let directory: string;
let envFile: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pawl-env-'));
  envFile = join(directory, '.env');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** The settings of a process with this `.env` file, and the warnings. */
function read(content: string | Buffer, processEnv: NodeJS.ProcessEnv = {}) {
  writeFileSync(envFile, content);
  const warnings: string[] = [];
  const settings = readEnvironment(processEnv, { envFile, warn: (warning) => warnings.push(warning) });
  return { settings, warnings };
}

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('a .env file', () => {
  it('is overridden by the environment of the process, even by an empty value', () => {
    const { settings } = read('# a comment\nPORT=4000\nHOST="::1"\nLOG_LEVEL=debug\n', { PORT: '5000', LOG_LEVEL: '' });
    const config = loadConfig({ AUTH_SECRET: 's'.repeat(32), ...settings });
    expect(config).toMatchObject({ port: 5000, host: '::1', logLevel: 'info' });
  });

  it('may be absent', () => {
    expect(readEnvironment({ PORT: '5000' }, { envFile: join(directory, 'absent') })).toEqual({ PORT: '5000' });
  });

  const text = 'PORT=4000\nHOST=::1\n';
  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16, as PowerShell writes it', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16 without a byte order mark', Buffer.from(text, 'utf16le')],
    ['UTF-16, big-endian', utf16be(`\ufeff${text}`)],
    ['UTF-16, big-endian, without a byte order mark', utf16be(text)],
    ['UTF-8 with the line endings of Windows', Buffer.from(text.replaceAll('\n', '\r\n'))],
    ['an empty file and then nothing', Buffer.from('')],
  ])('is read in %s', (_, bytes) => {
    expect(read(bytes)).toEqual({ settings: bytes.length === 0 ? {} : { PORT: '4000', HOST: '::1' }, warnings: [] });
  });

  it.each([
    ['Latin-1', Buffer.from('MAIL_FROM=J\u00fcrgen <a@example.com>', 'latin1')],
    ['binary', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0])],
  ])('that is %s stops the start', (_, bytes) => {
    expect(() => read(bytes)).toThrow('.env is not UTF-8 text. Save it as UTF-8.');
  });

  it.each([
    ['ADMIN_PASSWORD=otter#river#7', 'otter#river#7'],
    // As in shells: the start of a word is not a comment.
    ['ADMIN_PASSWORD=#otter', '#otter'],
    ['ADMIN_PASSWORD= # none', ''],
    ['ADMIN_PASSWORD="otter # river"', 'otter # river'],
    ["ADMIN_PASSWORD='otter#river' # a comment", 'otter#river'],
    ["ADMIN_PASSWORD=it's#7", "it's#7"],
    ['export ADMIN_PASSWORD = otter#7', 'otter#7'],
    ['ADMIN_PASSWORD="two\nlines#7\nX=a#b"', 'two\nlines#7\nX=a#b'],
  ])('keeps a # inside a value: %s', (line, password) => {
    expect(read(line)).toEqual({ settings: { ADMIN_PASSWORD: password }, warnings: [] });
  });

  it('warns where a comment may have cut a secret, and nowhere else', () => {
    const { settings, warnings } = read('ADMIN_PASSWORD=otter #river\nLOG_LEVEL=debug # noisy\n# DOCS=off\n');
    expect(settings).toEqual({ ADMIN_PASSWORD: 'otter', LOG_LEVEL: 'debug' });
    expect(warnings).toEqual([
      'ADMIN_PASSWORD in .env ends before " #". If the rest belongs to the value, put it in quotation marks.',
    ]);
  });
});

describe('a line of .env that loses something is named, and nothing of it is quoted', () => {
  it.each([
    ['PORT 4000', 'Line 2 of .env has no effect, because it is not NAME=value.'],
    ['PORT:4000', 'Line 2 of .env has no effect, because it is not NAME=value.'],
    ['\u200bPORT=4000', 'Line 2 of .env has no effect, because it is not NAME=value.'],
    ['LOG_LEVEL=info', 'LOG_LEVEL is set more than once in .env. The last value counts.'],
    ['ADMIN_PASSWORD="otter', 'ADMIN_PASSWORD in .env begins with a quotation mark that is not closed.'],
  ])('%j', (line, warning) => {
    expect(read(`LOG_LEVEL=debug\n${line}\n`).warnings).toEqual([warning]);
  });

  it('but not a comment, a blank line or a value of several lines', () => {
    expect(read('\n  # PORT 4000\n\t\nADMIN_PASSWORD="two\nlines, not NAME=value\nX=1"\n').warnings).toEqual([]);
  });
});

describe('a variable that is not a setting', () => {
  it.each([
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['cors_origins', 'CORS_ORIGINS'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['AUTH_SECRETS', 'AUTH_SECRET'],
    ['AUTH_SECRET_FILES', 'AUTH_SECRET_FILE'],
    ['SMTP_URLS', 'SMTP_URL'],
  ])('is reported with the nearest setting: %s', (name, nearest) => {
    const warning = `${name} is not a setting and has no effect. Did you mean ${nearest}?`;
    expect(read(`${name}=x`).warnings).toEqual([warning]);
    expect(read('', { [name]: 'x' }).warnings).toEqual([warning]);
  });

  it('is reported from the .env file whatever its name, since that file is for Pawl', () => {
    expect(read('JWT_SECRET=x').warnings).toEqual(['JWT_SECRET is not a setting and has no effect.']);
    expect(read('POSTGRES_PASSWORD=x\nPAWL_PORT=8080\nCOMPOSE_PROJECT_NAME=x').warnings).toEqual([]);
  });

  it('is not reported from the process, which has many variables of others', () => {
    const others = { PATH: '/bin', HOME: '/root', HOSTNAME: 'x', LOGNAME: 'x', NODE_OPTIONS: '', npm_config_cache: '' };
    expect(read('', others).warnings).toEqual([]);
    expect(read('', { DATABASE_URL: 'postgres://h/d', AUTH_SECRET_FILE: '' }).warnings).toEqual([]);
  });
});

describe('a setting from a file', () => {
  const write = (content: string | Buffer) => {
    const path = join(directory, 'secret');
    writeFileSync(path, content);
    return path;
  };

  it.each([
    'AUTH_SECRET',
    'DATABASE_URL',
    'DATABASE_DIRECT_URL',
    'SMTP_URL',
    'REDIS_URL',
    'ADMIN_PASSWORD',
    'METRICS_TOKEN',
  ])('is read without the line end: %s_FILE', (name) => {
    expect(read('', { [`${name}_FILE`]: write('a value\n') }).settings[name]).toBe('a value');
    expect(read(`${name}_FILE=${write('a value')}`).settings[name]).toBe('a value');
  });

  it('is read in UTF-16 and with a byte order mark, and must be text', () => {
    for (const bytes of [Buffer.from('\ufeffa value\r\n'), Buffer.from('\ufeffa value\r\n', 'utf16le')]) {
      expect(read('', { AUTH_SECRET_FILE: write(bytes) }).settings.AUTH_SECRET).toBe('a value');
    }
    const latin1 = Buffer.from('J\u00fcrgen', 'latin1');
    expect(() => read('', { AUTH_SECRET_FILE: write(latin1) })).toThrow(
      'AUTH_SECRET_FILE must name a file of UTF-8 text',
    );
  });

  it('cannot be used together with the setting itself, must exist and must hold something: all faults at once', () => {
    const environment = {
      AUTH_SECRET: 's'.repeat(32),
      AUTH_SECRET_FILE: write(' \n'),
      SMTP_URL_FILE: join(directory, 'absent'),
      DATABASE_URL_FILE: directory,
    };
    expect(() => read('', environment)).toThrow(
      [
        'These settings are wrong (docs/configuration.md explains them):',
        '  AUTH_SECRET must not be set together with AUTH_SECRET_FILE',
        '  AUTH_SECRET_FILE must name a file that is not empty',
        '  DATABASE_URL_FILE must name a readable file (EISDIR)',
        '  SMTP_URL_FILE must name a readable file (ENOENT)',
      ].join('\n'),
    );
  });

  it('counts as not set if the value is empty', () => {
    expect(read('', { AUTH_SECRET_FILE: '' }).settings).toEqual({ AUTH_SECRET_FILE: '' });
  });
});
