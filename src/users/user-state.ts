import { Prisma } from '../database/generated/client.js';
import { sha256 } from '../secrets/bytes.js';

/** What a one-time token or a challenge depends on: it works only while this is as it was. */
export interface UserState {
  email: string;
  passwordHash: string;
  epoch: number;
}

/** A new address, password or epoch changes it. Neither an address nor a stored password contains a space. */
export function userStateHash({ email, passwordHash, epoch }: UserState): Buffer {
  return sha256(Buffer.from(`${email} ${passwordHash} ${epoch}`));
}

/** `userStateHash` of the row `u` in SQL. */
export const currentState = Prisma.sql`sha256(convert_to(u.email || ' ' || u.password_hash || ' ' || u.epoch, 'UTF8'))`;
