import { Logger } from '@nestjs/common';
import type { Config } from './config.js';

/** Says at the start which promises the operator's choices give up. */
export function warnOfChoices(config: Config): void {
  const logger = new Logger('Config');
  const { graceSeconds, recover } = config.sessions;
  if (!recover) {
    logger.warn('REFRESH_RECOVER=off: a client that loses an answer and comes back late is signed out.');
  }
  if (graceSeconds === 0) {
    logger.warn(
      'REFRESH_GRACE=0s: two tabs, or a retry, that refresh at the same time get tokens that displace each other.',
    );
  }
  if (config.production && config.publicUrl.startsWith('http:')) {
    logger.warn('PUBLIC_URL is not https: passwords and tokens cross the network in the clear.');
  }
  if (config.production && !(config.limits.accountFailures && config.limits.addressFailures)) {
    logger.warn('Wrong passwords are not limited by account and by address: whoever guesses is not slowed down.');
  }
  if (config.cookieSameSite === 'none') {
    logger.warn(
      'COOKIE_SAMESITE=none: browsers send the cookies with requests from any site; only the origin check refuses those.',
    );
  }
}
