import { audit } from './audit.mjs';
import { client } from './client.mjs';
import { clients } from './clients.mjs';
import { crossSite } from './cross-site.mjs';
import { factors } from './factors.mjs';
import { feed } from './feed.mjs';
import { guards } from './guards.mjs';
import { keys } from './keys.mjs';
import { limits } from './limits.mjs';
import { links } from './links.mjs';
import { passkeys } from './passkeys.mjs';
import { passwords } from './passwords.mjs';
import { providers } from './providers.mjs';
import { ratchet } from './ratchet.mjs';
import { revocation } from './revocation.mjs';
import { services } from './services.mjs';
import { sessionRows } from './session-rows.mjs';
import { signIn } from './sign-in.mjs';
import { tokens } from './tokens.mjs';

/** `npm run test:mutants -- csrf` runs one of these. */
const areas = {
  audit,
  client,
  clients,
  csrf: crossSite,
  factors,
  feed,
  guards,
  keys,
  limits,
  links,
  passkeys,
  passwords,
  providers,
  ratchet,
  revocation,
  services,
  'session-rows': sessionRows,
  'sign-in': signIn,
  tokens,
};

/**
 * Ways to break what lets somebody in or keeps somebody out. Each is an exact replacement in one file, named for what it
 * would let in. A reviewer could overlook it; the suite must not. run.mjs makes each of them in a copy of the sources and
 * expects one of `suites` to be red: the smallest files that notice.
 */
export const mutants = Object.entries(areas).flatMap(([area, list]) =>
  list.map(({ suite, ...mutant }) => ({ ...mutant, area, suites: [suite].flat() })),
);
