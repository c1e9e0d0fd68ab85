import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Certificate } from '../support/certificate.js';
import { createCertificate } from '../support/certificate.js';
import { register } from '../support/http.js';
import { recordingDestination } from '../support/log.js';
import { startAppForTest } from '../support/per-test.js';
import { sendMails } from './mailbox.js';
import type { TestSmtpServer } from './smtp-server.js';
import { startSmtpServer } from './smtp-server.js';

let certificate: Certificate;
let smtp: TestSmtpServer;
let url: string;
beforeAll(async () => {
  certificate = await createCertificate();
  smtp = await startSmtpServer({ tls: certificate });
  url = smtp.url.replace('smtp:', 'smtps:');
});
afterAll(() => smtp.stop());

it('an email that a self-signed certificate keeps back is logged with that cause', async () => {
  const log = recordingDestination();
  const app = await startAppForTest({
    env: { SMTP_URL: url, MAIL_FROM: 'no-reply@example.com', LOG_LEVEL: 'info' },
    logDestination: log,
  });
  const { user } = await register(app);
  await sendMails(app);
  expect(smtp.offered).toEqual([]);
  // Node.js 24 adds advice after these words.
  expect(log.text).toContain('"reason":"ESOCKET CONN: self-signed certificate');
  expect(log.text).not.toContain(user.email);
});

it('NODE_EXTRA_CA_CERTS makes Node.js trust it, as docs/mail.md says', async () => {
  const script = `
    import { createTransport } from 'nodemailer';
    console.log(await createTransport({ url: process.env.SMTP_URL }).verify());`;
  const env = { ...process.env, NODE_OPTIONS: '', SMTP_URL: url, NODE_EXTRA_CA_CERTS: certificate.certFile };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  expect(stdout.trim()).toBe('true');
});
