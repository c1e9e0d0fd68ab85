import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Certificate {
  key: string;
  cert: string;
  keyFile: string;
  certFile: string;
}

interface Wanted {
  /** Signs the certificate. Undefined: it signs itself. */
  authority?: Certificate;
  /** Host names and IPv4 addresses; localhost and 127.0.0.1 if not given. */
  names?: readonly string[];
}

/** A certificate for a server, in memory and as files. */
export async function createCertificate({
  authority,
  names = ['localhost', '127.0.0.1'],
}: Wanted = {}): Promise<Certificate> {
  const altNames = names.map((name) =>
    /^[\d.]+$/.test(name) ? ({ type: 7, ip: name } as const) : ({ type: 2, value: name } as const),
  );
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0]! }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: authority === undefined },
      { name: 'subjectAltName', altNames },
    ],
    ...(authority && { ca: { key: authority.key, cert: authority.cert } }),
  });
  const folder = await mkdtemp(join(tmpdir(), 'pawl-certificate-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await writeFile(keyFile, key, { mode: 0o600 });
  await writeFile(certFile, cert);
  return { key, cert, keyFile, certFile };
}
