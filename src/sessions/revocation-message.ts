import { z } from 'zod';

/** Every instance listens to this channel. A trigger notifies it as a revoking transaction commits. */
export const revocationChannel = 'pawl_revocations';

/** The columns of a row of `revocations` that are not null. */
const RevocationRow = z.object({
  /** Ascends with the order of commits. Instances of an earlier version send messages without it. */
  position: z.int().optional(),
  userId: z.string().optional(),
  sessionId: z.string().optional(),
  minEpoch: z.int().optional(),
  clientId: z.string().optional(),
  kid: z.string().optional(),
  /** Milliseconds since 1970. */
  atMs: z.int().optional(),
});
export type RevocationRow = z.infer<typeof RevocationRow>;

const RevocationRows = z.array(RevocationRow);

/** Returns undefined if the table has to be read again: there were too many rows, or we cannot read the message. */
export function decodeRevocationMessage(payload: string): RevocationRow[] | undefined {
  try {
    return RevocationRows.safeParse(JSON.parse(payload)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
