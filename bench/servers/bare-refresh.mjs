/**
 * For scale: what a refresh cannot do without, and nothing else. `node:http`, one prepared UPDATE of a session's row, one
 * signature of an access token.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
await pool.query('CREATE TABLE bare_sessions (id int PRIMARY KEY, token_hash bytea, seen_at timestamptz)');
await pool.query("INSERT INTO bare_sessions SELECT id, '', now() FROM generate_series(0, 99) AS id");

const rotate = {
  name: 'rotate',
  text: 'UPDATE bare_sessions SET token_hash = $2, seen_at = now() WHERE id = $1 AND token_hash IS NOT NULL RETURNING id',
};
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const header = base64url({ alg: 'ES256', typ: 'at+jwt', kid: 'bare' });

async function refresh(token) {
  const secret = randomBytes(32).toString('base64url');
  const { rows } = await pool.query({
    ...rotate,
    values: [Number(token), createHash('sha256').update(secret).digest()],
  });
  const now = Math.floor(Date.now() / 1000);
  const signed = `${header}.${base64url({ sub: rows[0].id, role: 'user', iat: now, exp: now + 900 })}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { access_token: `${signed}.${signature.toString('base64url')}`, refresh_token: token, secret };
}

const server = createServer((request, response) => {
  if (request.method === 'GET') return response.end();
  let text = '';
  request.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  request.once('end', async () => {
    const body = JSON.stringify(await refresh(JSON.parse(text).refresh_token));
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      .end(body);
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
