import { loadConfig } from '../config/config.js';
import { securityHeaders } from './security-headers.js';

const everywhere = {
  'content-security-policy':
    "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none';connect-src 'self';script-src 'self';" +
    "style-src 'self' 'unsafe-inline';img-src 'self' data:;font-src 'self' data:",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};

function headersAt(publicUrl: string) {
  return securityHeaders(loadConfig({ AUTH_SECRET: 's'.repeat(32), PUBLIC_URL: publicUrl }));
}

it('sends exactly these headers over http', () => {
  expect(headersAt('http://localhost:3000')).toStrictEqual(everywhere);
});

it('adds Strict-Transport-Security over https', () => {
  expect(headersAt('https://auth.example.com')).toStrictEqual({
    ...everywhere,
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
  });
});
