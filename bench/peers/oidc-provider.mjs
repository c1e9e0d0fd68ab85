/**
 * oidc-provider with an adapter for PostgreSQL (its own is in memory, for development). It leaves the sign-in to whoever runs
 * it, so `POST /bench/session` does what the end of an interaction would do: a grant, a refresh token, an access token.
 */
import { Provider } from 'oidc-provider';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
await pool.query(`
  CREATE TABLE oidc_payloads (
    model text, id text, payload jsonb NOT NULL, grant_id text, uid text, user_code text, expires_at timestamptz,
    PRIMARY KEY (model, id)
  );
  CREATE INDEX ON oidc_payloads (grant_id);
  CREATE INDEX ON oidc_payloads (uid);
  CREATE INDEX ON oidc_payloads (user_code)`);

/** The interface that oidc-provider documents, each method as one prepared statement. */
class PostgresAdapter {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload, expiresInSeconds) {
    const values = [this.model, id, payload, payload.grantId, payload.uid, payload.userCode, expiresInSeconds ?? null];
    await pool.query({
      name: 'upsert',
      text: `INSERT INTO oidc_payloads VALUES ($1, $2, $3, $4, $5, $6, now() + $7::int * interval '1 second')
        ON CONFLICT (model, id) DO UPDATE SET payload = $3, grant_id = $4, uid = $5, user_code = $6, expires_at = excluded.expires_at`,
      values,
    });
  }

  find(id) {
    return this.#findBy('id', id);
  }

  findByUid(uid) {
    return this.#findBy('uid', uid);
  }

  findByUserCode(code) {
    return this.#findBy('user_code', code);
  }

  async consume(id) {
    await pool.query({
      name: 'consume',
      text: `UPDATE oidc_payloads SET payload = jsonb_set(payload, '{consumed}', to_jsonb(extract(epoch FROM now())::int))
        WHERE model = $1 AND id = $2`,
      values: [this.model, id],
    });
  }

  async destroy(id) {
    const values = [this.model, id];
    await pool.query({ name: 'destroy', text: 'DELETE FROM oidc_payloads WHERE model = $1 AND id = $2', values });
  }

  async revokeByGrantId(grantId) {
    await pool.query({ name: 'revoke', text: 'DELETE FROM oidc_payloads WHERE grant_id = $1', values: [grantId] });
  }

  async #findBy(column, value) {
    const { rows } = await pool.query({
      name: `find-by-${column}`,
      text: `SELECT payload FROM oidc_payloads WHERE model = $1 AND ${column} = $2 AND (expires_at IS NULL OR expires_at > now())`,
      values: [this.model, value],
    });
    return rows[0]?.payload;
  }
}

const client_id = 'bench';
const scope = 'openid offline_access';
const provider = new Provider(`http://127.0.0.1:${process.env.PORT}`, {
  adapter: PostgresAdapter,
  clients: [
    {
      client_id,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example.com/callback'],
    },
  ],
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  cookies: { keys: ['a key of the bench'] },
  features: { devInteractions: { enabled: false } },
  rotateRefreshToken: true,
});

async function startSession() {
  const client = await provider.Client.find(client_id);
  const accountId = 'ada';
  const grant = new provider.Grant({ accountId, clientId: client_id });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  const shared = { accountId, client, grantId, gty: 'authorization_code', scope, claims: {} };
  const refreshToken = new provider.RefreshToken({ ...shared, authTime: Math.floor(Date.now() / 1000), rotations: 0 });
  const accessToken = new provider.AccessToken(shared);
  return { access_token: await accessToken.save(), refresh_token: await refreshToken.save() };
}

provider.use(async (context, next) => {
  if (context.path !== '/bench/session') return next();
  context.body = await startSession();
});
provider.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
