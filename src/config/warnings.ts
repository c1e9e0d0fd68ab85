import { Logger } from '@nestjs/common';
import type { Config } from './config.js';

/** Logs a warning for each setting that weakens a promise of the service. */
export function warnAboutSettings(config: Config): void {
  const logger = new Logger('Config');
  for (const warning of settingWarnings(config)) logger.warn(warning);
}

/** The sentences of these warnings. */
export function settingWarnings(config: Config): string[] {
  const warnings: string[] = [];
  const { graceSeconds, recover } = config.sessions;
  if (!recover) {
    warnings.push(
      'REFRESH_RECOVER=off: a client that loses a response and retries after the grace time is signed out.',
    );
  }
  if (graceSeconds === 0) {
    warnings.push(
      'REFRESH_GRACE=0s: if two tabs refresh at the same time, or a client retries, each new token replaces the other.',
    );
  }
  if (config.production && config.publicUrl.startsWith('http:')) {
    warnings.push('PUBLIC_URL is not https: passwords and tokens cross the network unencrypted.');
  }
  if (config.production && !(config.limits.accountFailures && config.limits.addressFailures)) {
    warnings.push('Wrong passwords are not limited by account and by address: nothing slows down guessing.');
  }
  if (config.production && config.mail.smtpUrl === undefined) {
    warnings.push('SMTP_URL is not set: no email is sent, so users cannot confirm an address or reset a password.');
  }
  if (config.cookieSameSite === 'none') {
    warnings.push(
      'COOKIE_SAMESITE=none: browsers send the cookies with requests from any site. Only the origin check refuses them.',
    );
  }
  return warnings;
}
