import { z } from 'zod';
import { Instant } from '../../common/instant.js';
import { pageRevocations } from './feed-page.js';

const cursor = z.string().max(100);

/** Where to continue. Unknown cursors are not an error: they start a snapshot. */
export const FeedQuery = z.object({
  after: cursor.optional().meta({
    description:
      'The cursor of the last revocation that you have. Without it, or if it is too old, you get everything.',
    example: '1507-q3Xk0y_1',
  }),
});
export type FeedQuery = z.infer<typeof FeedQuery>;

const at = Instant.meta({ description: 'When it was revoked.' });
const uuid = z.string();

/** What is refused from now on. Exactly one of the five. */
export const RevocationView = z
  .union([
    z.object({ session_id: uuid.meta({ description: 'Tokens with this `sid`.' }), at }),
    z.object({
      user_id: uuid.meta({ description: 'Tokens with this `user_id`...' }),
      min_epoch: z.int().min(0).meta({ description: '...and a lower `epoch`.' }),
      at,
    }),
    z.object({ client_id: z.string().meta({ description: 'Tokens with this `client_id`.' }), at }),
    z.object({ jti: uuid.meta({ description: 'The token with this `jti`.' }), at }),
    z.object({ kid: z.string().meta({ description: 'Tokens under this key.' }), at }),
  ])
  .meta({
    id: 'Revocation',
    example: { session_id: '019aa3c8-7d10-7f52-8c66-0b1d2e3f4a5b', at: '2026-11-21T10:00:05.120Z' },
  });

export const RevocationPage = z
  .object({
    snapshot: z
      .boolean()
      .meta({ description: 'True: forget what you had. This page begins with everything that still matters.' }),
    revocations: z
      .array(RevocationView)
      .meta({ description: `In the order of their commits, ${pageRevocations} at most.` }),
    cursor: cursor.meta({ description: 'Send it as `after` with the next request.', example: '1507-q3Xk0y_1' }),
    complete: z.boolean().meta({ description: 'False: there is more already. Ask again at once.' }),
    keep_seconds: z.int().min(1).meta({
      description:
        'How long a revocation matters. After that, no token from before it is still valid. A `kid` matters longer.',
      example: 1200,
    }),
  })
  .meta({
    id: 'RevocationPage',
    example: {
      snapshot: false,
      revocations: [{ session_id: '019aa3c8-7d10-7f52-8c66-0b1d2e3f4a5b', at: '2026-11-21T10:00:05.120Z' }],
      cursor: '1507-q3Xk0y_1',
      complete: true,
      keep_seconds: 1200,
    },
  });
export type RevocationPage = z.infer<typeof RevocationPage>;
