/** Second factors: codes, recovery codes, challenges and the step-up. */
export const factors = [
  {
    name: 'a code of an authenticator app is accepted twice',
    suite: 'test/factors/totp',
    file: 'src/factors/totp-secrets.ts',
    find: ` AND (last_step IS NULL OR last_step < \${step}::int)`,
    replace: '',
  },
  {
    name: 'the code that confirms an authenticator app signs in too',
    suite: 'test/factors/totp',
    file: 'src/factors/totp-secrets.ts',
    find: `last_used_at = \${now}, last_step = \${step}::int`,
    replace: `last_used_at = \${now}`,
  },
  {
    name: 'a challenge outlives the password it was opened with',
    suite: 'test/factors/second-factor',
    file: 'src/factors/challenges.ts',
    find: ` AND c.state_hash = \${currentState}
        AND c.attempts`,
    replace: ` AND c.attempts`,
  },
  {
    name: 'a step-up needs the password alone, whatever the account has',
    suite: 'test/factors/step-up',
    file: 'src/auth/step-up-proofs.ts',
    find: 'if (user.secondFactor) await this.askForFactor(user.id);',
    replace: '',
  },
  {
    name: 'a sign-in from before a factor was added needs none',
    suite: 'test/factors/every-way-in',
    file: 'src/sessions/sessions.service.ts',
    find: `
          AND (NOT second_factor OR \${assuranceLevelOf(methods) === 'aal2'})`,
    replace: '',
  },
  {
    name: 'a code is accepted two minutes long',
    suite: 'test/factors/totp',
    file: 'src/factors/totp.ts',
    find: 'driftSteps = 1',
    replace: 'driftSteps = 2',
  },
  {
    name: 'a secret that waits for its first code can be confirmed months later',
    suite: 'test/factors/totp',
    file: 'src/factors/totp-secrets.ts',
    find: `
        AND created_at > \${databaseNow(this.clock)} - \${waitingSeconds}::int * interval '1 second'`,
    replace: '',
  },
  {
    name: 'a secret that is moved to the row of a victim in the database opens the account',
    suite: 'test/factors/totp',
    file: 'src/factors/totp-secrets.ts',
    find: `return \`totp \${userId} \${id}\`;`,
    replace: "return 'totp';",
  },
  {
    name: 'an account whose first factor was added asks for none',
    suite: 'test/factors/totp',
    file: 'src/account/factor-changes.ts',
    find: 'await this.users.setSecondFactor(request.user.userId, true, db);',
    replace: '',
  },
  {
    name: 'a thief stays signed in when the owner adds a factor',
    suite: 'test/factors/totp',
    file: 'src/account/factor-changes.ts',
    find: "await endSessionsOf(userId, 'factor_changed', sessionId);",
    replace: '',
  },
  {
    name: 'a proof that was used before confirms a sign-in',
    suite: 'test/factors/step-up',
    file: 'src/auth/step-up-proofs.ts',
    find: 'if (!(await proven.spend(db))) await refuse();',
    replace: 'await proven.spend(db);',
  },
  {
    name: 'a recovery code signs in again and again',
    suite: 'test/factors/second-factor',
    file: 'src/factors/recovery-codes.ts',
    find: `DELETE FROM recovery_codes WHERE user_id = \${userId}::uuid AND code_hash`,
    replace: `UPDATE recovery_codes SET created_at = created_at WHERE user_id = \${userId}::uuid AND code_hash`,
  },
  {
    name: 'recovery codes that were replaced still sign in',
    suite: 'test/factors/second-factor',
    file: 'src/factors/recovery-codes.ts',
    find: `    await this.discardOf(userId, db);
    await db`,
    replace: `    await db`,
  },
  {
    name: 'one damaged secret keeps every other one under the old AUTH_SECRET',
    suite: 'test/factors/moving',
    file: 'src/factors/totp-resealing.ts',
    find: 'if (!(error instanceof BrokenSeal)) throw error;',
    replace: 'throw error;',
  },
];
