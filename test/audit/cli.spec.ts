import { AuditSealer } from '../../src/audit/seals/sealer.js';
import { runPawlProcess } from '../keys/command.js';
import type { TestApp } from '../support/app.js';
import { startApp, testSecret } from '../support/app.js';
import { createEmptyDatabase } from '../support/database.js';
import { login, register } from '../support/http.js';
import { forgetStart } from './trail.js';
import { auditCommand } from './verify.js';

describe('npm run audit', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
    await forgetStart(app.db);
    const { user } = await register(app);
    await app.nest.get(AuditSealer).seal();
    await login(app, user.email);
  });
  afterAll(() => app.close());

  it('verify prints what it checked, and the head to keep', async () => {
    const { code, out, errors } = await auditCommand(app.db, ['verify']);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const [head] = /\b1:[0-9a-f]{64}$/m.exec(out)!;
    expect(out.trim().split('\n')).toEqual([
      '1 events in 1 sealed batches.',
      expect.stringMatching(/^1 events wait to be sealed, since \d{4}-.+Z\.$/),
      `Head: ${head}`,
      'All is as it was sealed.',
    ]);
    expect(await auditCommand(app.db, ['verify', '--head', head])).toMatchObject({ code: 0 });
  });

  it('runs as a separate process', async () => {
    const { code, out } = await runPawlProcess(['audit', 'verify', '--json'], { env: { DATABASE_URL: app.db.url } });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, events: 1 });
  });

  it('verify names the batch in which something is wrong, and exits with 1', async () => {
    await app.db.query(`UPDATE audit_events SET ip = '203.0.113.7' WHERE batch_id = 1`);
    const { code, out } = await auditCommand(app.db, ['verify']);
    expect(code).toBe(1);
    expect(out).toMatch(/^Batch 1: events_changed\. Its 1 events are not as they were sealed\.$/m);
    expect(out).toMatch(/^1 finding: see docs\/audit\.md\.$/m);
    await app.db.query(`UPDATE audit_events SET ip = '127.0.0.1' WHERE batch_id = 1`);
  });

  it.each([
    [[]],
    [['list']],
    [['verify', 'more']],
    [['verify', '--fast']],
    [['verify', '--head', '1']],
    [['verify', '--head', `0:${'0'.repeat(64)}`]],
  ])('%j shows how it is used', async (args) => {
    const { code, errors } = await auditCommand(app.db, args);
    expect(code).toBe(2);
    expect(errors).toMatch(/^Usage: pawl audit/m);
  });

  it('says in a sentence what is wrong: a database that was never migrated, a wrong setting', async () => {
    const empty = await createEmptyDatabase();
    const unmigrated = await auditCommand(empty, ['verify']);
    await empty.drop();
    expect(unmigrated).toMatchObject({ code: 1, out: '', errors: expect.stringContaining('pawl db deploy') });
    const wrong = await auditCommand(app.db, ['verify'], `${testSecret},too short`);
    expect(wrong).toMatchObject({ code: 1, out: '', errors: expect.stringContaining('AUTH_SECRET') });
  });
});
