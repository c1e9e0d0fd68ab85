import { z } from 'zod';
import { Id } from '../common/ids.js';
import { Instant } from '../common/instant.js';
import { OwnUserView } from '../users/user.schema.js';

export const SessionStatusView = z
  .object({
    user: OwnUserView.nullable().meta({
      description: 'Null if the caller is signed out.',
      example: {
        id: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e',
        email: 'ada@example.com',
        name: 'Ada Lovelace',
        role: 'user',
        email_verified: true,
        created_at: '2026-11-21T09:30:00.000Z',
        locale: null,
      },
    }),
    session_id: Id.optional().meta({ description: 'Only with a user.' }),
    expires_at: Instant.optional().meta({ description: 'When the session ends at the latest. Only with a user.' }),
  })
  .meta({ id: 'SessionStatus' });
export type SessionStatusView = z.infer<typeof SessionStatusView>;
