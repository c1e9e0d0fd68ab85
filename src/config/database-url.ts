/** Values of `target_session_attrs` that a server which takes writes satisfies. */
const writable: readonly string[] = ['any', 'read-write', 'primary', 'prefer-primary'];

/**
 * The servers that a URL names, each as a URL of its own: `host1:5432,host2:5432`, or `?host=host1,host2&port=5432,5433`, as
 * libpq reads it (https://www.postgresql.org/docs/current/libpq-connect.html). One URL for a URL with one host.
 */
export function serverUrls(url: string): string[] {
  const { base, params } = splitDatabaseUrl(withTlsMode(url));
  const [, scheme = '', user = '', authority = '', path = ''] = /^([a-z]+:\/\/)([^/@]*@)?([^/]*)(.*)$/.exec(base) ?? [];
  const servers = serversIn(authority, params);
  params.delete('target_session_attrs');
  if (servers.length === 1) return [`${base}?${params.toString()}`];
  return servers.map(({ host, port }) => {
    const one = new URLSearchParams(params);
    one.set('host', host);
    if (port === '') one.delete('port');
    else one.set('port', port);
    return `${scheme}${user}${path || '/'}?${one.toString()}`;
  });
}

/** What is wrong with the servers of a URL; undefined if nothing is. */
export function faultInServers(url: string): string | undefined {
  const { base, params } = splitDatabaseUrl(url);
  const [, authority = ''] = /^[a-z]+:\/\/(?:[^/@]*@)?([^/]*)/.exec(base) ?? [];
  const target = params.get('target_session_attrs');
  if (target !== null && !writable.includes(target)) {
    return `must not have target_session_attrs=${target.replace(/[^\w-]/g, '?')}: Pawl needs the server that takes writes (read-write)`;
  }
  const ports = params.get('port')?.split(',').length ?? 1;
  const hosts = serversIn(authority, params);
  if (hosts.length > 1 && hosts.some(({ host }) => host === '')) return 'must name every host in its list of hosts';
  if (ports > 1 && ports !== hosts.length) return 'must name as many ports as hosts, or one port';
  return undefined;
}

function serversIn(authority: string, params: URLSearchParams): { host: string; port: string }[] {
  const ports = (params.get('port') ?? '').split(',');
  const inQuery = params.get('host');
  const hosts = (inQuery ?? authority).split(',');
  return hosts.map((text, i) => {
    const port = ports.length > 1 ? (ports[i] ?? '') : ports[0]!;
    if (inQuery !== null) return { host: text, port };
    const [, host = '', given = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(text) ?? [];
    return { host: decodeURIComponent(host.replace(/^\[(.*)\]$/, '$1')), port: port || given };
  });
}

/**
 * Says in words that the driver keeps what `sslmode` means here: `verify-ca` checks the authority only, and `prefer` and
 * `require` check as much as `verify-full`, which is more than libpq does.
 */
function withTlsMode(url: string): string {
  const { base, params } = splitDatabaseUrl(url);
  const mode = params.get('sslmode');
  if (params.has('uselibpqcompat') || mode === null) return url;
  if (mode === 'verify-ca' && params.has('sslrootcert')) params.set('uselibpqcompat', 'true');
  else if (['prefer', 'require', 'verify-ca'].includes(mode)) params.set('sslmode', 'verify-full');
  return `${base}?${params.toString()}`;
}

/** By hand, because the standard URL parser rejects an empty host, which unix sockets have, and several hosts. */
export function splitDatabaseUrl(url: string): { base: string; params: URLSearchParams } {
  const [base = '', ...query] = url.split('?');
  return { base, params: new URLSearchParams(query.join('?')) };
}
