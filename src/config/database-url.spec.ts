import { faultInServers, serverUrls } from './database-url.js';

it.each([
  ['postgresql://u:p@h/db', ['postgresql://u:p@h/db?']],
  ['postgresql://u:p@h/db?target_session_attrs=any', ['postgresql://u:p@h/db?']],
  ['postgresql://u:p@h1,h2:5433/db', ['postgresql://u:p@/db?host=h1', 'postgresql://u:p@/db?host=h2&port=5433']],
  ['postgresql://u:p@h1:1,[::1]:2', ['postgresql://u:p@/?host=h1&port=1', 'postgresql://u:p@/?host=%3A%3A1&port=2']],
  [
    'postgresql://u@/db?host=/run/a,h2&port=1,2&target_session_attrs=read-write',
    ['postgresql://u@/db?host=%2Frun%2Fa&port=1', 'postgresql://u@/db?host=h2&port=2'],
  ],
  ['postgresql:///db?host=h1,h2&port=7', ['postgresql:///db?host=h1&port=7', 'postgresql:///db?host=h2&port=7']],
])('the servers of %s are %j', (url, servers) => {
  expect(serverUrls(url)).toEqual(servers);
});

it.each([
  ['prefer', '', { sslmode: 'verify-full' }],
  ['require', '', { sslmode: 'verify-full' }],
  ['require', '&sslrootcert=/a.pem', { sslmode: 'verify-full' }],
  ['verify-ca', '', { sslmode: 'verify-full' }],
  ['verify-ca', '&sslrootcert=/a.pem', { sslmode: 'verify-ca', uselibpqcompat: 'true' }],
  ['verify-full', '', { sslmode: 'verify-full' }],
  ['no-verify', '', { sslmode: 'no-verify' }],
  ['require', '&uselibpqcompat=true', { sslmode: 'require', uselibpqcompat: 'true' }],
])('the driver gets sslmode=%s%s as %j', (mode, rest, expected) => {
  const [url = ''] = serverUrls(`postgresql://u:p@h/db?sslmode=${mode}${rest}`);
  const { sslrootcert: _, ...given } = Object.fromEntries(new URL(url).searchParams);
  expect(given).toEqual(expected);
});

it.each([
  ['postgresql://h1,h2/db', undefined],
  ['postgresql://h1,h2/db?target_session_attrs=primary', undefined],
  ['postgresql://h1,h2/db?target_session_attrs=standby', /^must not have target_session_attrs=standby/],
  ['postgresql://h1,/db', /^must name every host/],
  ['postgresql://h1:5432,:5432/db', /^must name every host/],
  ['postgresql:///db?host=h1,h2,h3&port=1,2', /^must name as many ports as hosts/],
])('the fault in the servers of %s is %s', (url, fault) => {
  if (fault === undefined) expect(faultInServers(url)).toBeUndefined();
  else expect(faultInServers(url)).toMatch(fault);
});
