import { includesOrigin, normaliseOrigin, origins } from './origins.js';

it.each([
  ['https://app.example.com', 'https://app.example.com'],
  ['https://app.example.com/', 'https://app.example.com'],
  ['https://App.Example.COM', 'https://app.example.com'],
  ['HTTPS://app.example.com', 'https://app.example.com'],
  ['https://app.example.com:443', 'https://app.example.com'],
  ['http://app.example.com:80/', 'http://app.example.com'],
  ['http://localhost:5173', 'http://localhost:5173'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['http://[::1]:8080', 'http://[::1]:8080'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['http://tauri.localhost', 'http://tauri.localhost'],
  ['capacitor://localhost', 'capacitor://localhost'],
  ['Capacitor://LocalHost/', 'capacitor://localhost'],
  ['ionic://localhost', 'ionic://localhost'],
  ['tauri://localhost', 'tauri://localhost'],
  ['chrome-extension://abcdefghijklmnopabcdefghijklmnop', 'chrome-extension://abcdefghijklmnopabcdefghijklmnop'],
  ['moz-extension://d56a5b99-51b6-4e83-ab23-796216679614', 'moz-extension://d56a5b99-51b6-4e83-ab23-796216679614'],
  ['app://-', 'app://-'],
])('%s is the origin %s', (text, origin) => {
  expect(normaliseOrigin(text)).toBe(origin);
});

it.each([
  'app.example.com',
  'localhost:5173',
  '//app.example.com',
  'https://',
  'https://app.example.com/path',
  'https://app.example.com?a',
  'https://app.example.com#a',
  'https://user@app.example.com',
  'https://user:password@app.example.com',
  'https://app.example.com:99999',
  'https://app..example.com',
  'https://app.example.com https://other.example',
  'https://*.example.com',
  'https://-',
  'https://app-*.example.com',
  'https://*',
  'capacitor://*',
  'null',
  '*',
  'file:///index.html',
  'file://localhost',
  'data:text/html,x',
  'javascript://alert',
  'wss://app.example.com',
  'about:blank',
])('%s is not an origin', (text) => {
  expect(normaliseOrigin(text)).toBeUndefined();
});

it('a list has each origin once', () => {
  expect(origins.parse('https://a.example/, https://A.example:443, tauri://localhost')).toEqual([
    'https://a.example',
    'tauri://localhost',
  ]);
});

it.each(['https://*.example.com', '*', 'https://a.example,https://*.vercel.app'])(
  'the wildcard in %s is refused, and the message says so',
  (text) => {
    expect(origins.safeParse(text).error?.issues.map(({ message }) => message)).toEqual([
      'must list each origin in full: wildcards are not supported',
    ]);
  },
);

it('the origin of an extension is recognised in capitals, as Safari writes its id', () => {
  const text = 'safari-web-extension://E5F3A1B0-6C1D-4E52-9A77-0123456789AB';
  const listed = new Set(origins.parse(text));
  expect([text, text.toLowerCase(), `${text}0`, undefined].map((origin) => includesOrigin(listed, origin))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
