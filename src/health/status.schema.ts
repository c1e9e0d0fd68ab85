import { z } from 'zod';
import { Instant } from '../common/instant.js';
import type { OutboxState } from '../database/outbox/outbox-table.js';
import { keysWithStates } from '../keys/key-states.js';
import type { SigningKeys } from '../keys/signing-keys.js';

export const ChecksView = z.object({
  service: z.enum(['starting', 'up', 'draining']),
  database: z.enum(['up', 'down']),
  revocation_feed: z.enum(['up', 'down']),
  limits: z.enum(['up', 'down']),
});

const KeyView = z.object({
  kid: z
    .string()
    .meta({ description: 'The `kid` header of its tokens.', example: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U' }),
  state: z.enum(['next', 'current', 'retired', 'gone', 'revoked']),
  algorithm: z.string().meta({ example: 'ES256' }),
  signs_from: Instant,
  verifies_until: Instant.nullable().meta({ description: 'Null until a successor has taken over.' }),
});
type KeyView = z.infer<typeof KeyView>;

/** What an admin sees of the service at a glance. It names no secret and no recipient. */
export const StatusView = z
  .object({
    checks: ChecksView,
    signing_keys: z.array(KeyView).meta({ description: 'In the order in which they sign.' }),
    mail: z.object({
      waiting: z.int().meta({ description: 'Emails that are not sent yet.', example: 0 }),
      due: z.int().meta({ description: 'Of these, the ones that should be sent by now.', example: 0 }),
      oldest_seconds: z.number().meta({ description: 'The age of the oldest that waits; 0 if none does.', example: 0 }),
    }),
  })
  .meta({ id: 'Status' });
export type StatusView = z.infer<typeof StatusView>;

export function toKeyViews({ rows, now }: ReturnType<SigningKeys['snapshot']>): KeyView[] {
  return keysWithStates(rows, now).map(([row, state]) => ({
    kid: row.kid,
    state,
    algorithm: row.algorithm,
    signs_from: row.signsFrom.toISOString(),
    verifies_until: row.verifiesUntil?.toISOString() ?? null,
  }));
}

export function toMailView({ waiting, due, oldestSeconds }: OutboxState): StatusView['mail'] {
  return { waiting, due, oldest_seconds: Math.round(oldestSeconds) };
}
