import { z } from 'zod';
import type { OAuthProfile } from './oauth-provider.js';

const Profile = z.object({
  resultcode: z.literal('00'),
  response: z.object({ id: z.string().min(1), email: z.string().optional(), name: z.string().optional() }),
});

/** https://developers.naver.com/docs/login/api/ */
export const naverProfile: OAuthProfile = {
  authorizationPath: '/oauth2.0/authorize',
  tokenPath: '/oauth2.0/token',
  apiBase: (issuer) => (issuer === 'https://nid.naver.com' ? 'https://openapi.naver.com' : issuer),
  async readClaims(get) {
    const { id, email, name } = Profile.parse(await get('/v1/nid/me')).response;
    return { sub: id, email, name };
  },
};
