/** The statements of a refresh: a token that is old, stolen or of another client must match no row. */
export const sessionRows = [
  {
    name: 'no compare-and-swap: any token of the session rotates',
    suite: 'test/sessions/theft',
    file: 'src/sessions/session-rows.ts',
    find: `
        AND s.generation = \${value.generation}::int
        AND (s.token_hash = \${value.presentedHash} OR s.sibling_hash = \${value.presentedHash})`,
    replace: '',
  },
  {
    name: 'recover does not compare the child that it displaces',
    suite: 'test/sessions/races',
    file: 'src/sessions/session-rows.ts',
    find: `
          AND s.token_hash = \${step.displacedHash}`,
    replace: '',
  },
  {
    name: 'a recovery does not note its lane',
    suite: 'test/sessions/races',
    file: 'src/sessions/session-rows.ts',
    find: `SET token_hash = \${step.childHash}, sibling_hash = s.token_hash,
            rotation_nonce = \${step.nonce}, key_id = \${step.keyId}, parent_lane = \${token.lane},`,
    replace: `SET token_hash = \${step.childHash}, sibling_hash = s.token_hash,
          rotation_nonce = \${step.nonce}, key_id = \${step.keyId},`,
  },
  {
    name: 'grace ignored by the statement',
    suite: 'test/sessions/ratchet.spec',
    file: 'src/sessions/session-rows.ts',
    find: `
        AND (s.rotated_at IS NULL OR greatest(t.now - s.rotated_at, interval '0') >= \${graceSeconds}::float8 * interval '1 second')`,
    replace: '',
  },
  {
    name: 'a negative age counts as young in the statement',
    suite: 'test/sessions/strict-rotation',
    file: 'src/sessions/session-rows.ts',
    find: `greatest(t.now - s.rotated_at, interval '0')`,
    replace: 't.now - s.rotated_at',
  },
  {
    name: 'sibling never cleared',
    suite: 'test/sessions/ratchet.spec',
    file: 'src/sessions/session-rows.ts',
    find: ' sibling_hash = NULL,',
    replace: '',
  },
  {
    name: 'sibling not kept by a recovery',
    suite: 'test/sessions/theft',
    file: 'src/sessions/session-rows.ts',
    find: 'sibling_hash = s.token_hash,',
    replace: 'sibling_hash = NULL,',
  },
  {
    name: 'sibling not known to the statement',
    suite: 'test/sessions/theft',
    file: 'src/sessions/session-rows.ts',
    find: `(s.token_hash = \${value.presentedHash} OR s.sibling_hash = \${value.presentedHash})`,
    replace: `s.token_hash = \${value.presentedHash}`,
  },
  {
    name: 'revoked_at not checked by the statement',
    suite: 'test/sessions/refusals',
    file: 'src/sessions/session-rows.ts',
    find: 's.revoked_at IS NULL AND ',
    replace: '',
  },
  {
    name: 'a disabled user refreshes',
    suite: 'test/sessions/refusals',
    file: 'src/sessions/session-rows.ts',
    find: ' AND NOT u.disabled',
    replace: '',
  },
  {
    name: 'absolute end not checked by the statement',
    suite: 'test/sessions/refusals',
    file: 'src/sessions/session-rows.ts',
    find: ' AND s.expires_at > t.now',
    replace: '',
  },
  {
    name: 'idle time not checked by the statement',
    suite: 'test/sessions/refusals',
    file: 'src/sessions/session-rows.ts',
    find: `
      AND t.now - s.seen_at <= \${this.config.sessions.idleTtlSeconds}::float8 * interval '1 second'`,
    replace: '',
  },
  {
    name: 'client_id not checked by the statement',
    suite: 'test/sessions/refusals',
    file: 'src/sessions/session-rows.ts',
    find: ` AND s.client_id = \${clientId}`,
    replace: '',
  },
];
