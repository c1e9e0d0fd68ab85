import { z } from 'zod';
import type { OAuthProfile } from './oauth-provider.js';

const User = z.object({ id: z.int().positive(), login: z.string(), name: z.string().nullish() });
const Emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** GitHub and GitHub Enterprise Server: https://docs.github.com/en/apps/oauth-apps and its REST API. */
export const githubProfile: OAuthProfile = {
  authorizationPath: '/login/oauth/authorize',
  tokenPath: '/login/oauth/access_token',
  apiBase: (issuer) => (issuer === 'https://github.com' ? 'https://api.github.com' : `${issuer}/api/v3`),
  async readClaims(get) {
    const { id, login, name } = User.parse(await get('/user'));
    // The address in the profile is what the user shows to others. Only this list says what was verified.
    const primary = Emails.parse(await get('/user/emails')).find((address) => address.primary);
    // A login can be renamed and taken by somebody else; the number cannot.
    return { sub: String(id), name: name ?? login, email: primary?.email, email_verified: primary?.verified };
  },
};
