import { v7 } from 'uuid';
import { z } from 'zod';
import { ApiError } from './errors.js';

/** A new UUID version 7. The ids of one process ascend, so "newest first" reads the primary key backwards. */
export function newId(): string {
  return v7();
}

/** An id in a response. */
export const Id = z.string().meta({ format: 'uuid', example: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e' });

const uuid = z.guid();

/** An id in a path. A malformed id names nothing, so it is 404, not 400. */
export const IdParam = z
  .string()
  .meta({ format: 'uuid' })
  .transform((text) => {
    if (!uuid.safeParse(text).success) throw new ApiError('not_found', 'malformed id');
    return text.toLowerCase();
  });

/** The 16 bytes of a UUID, which is not validated. The counterpart of `uuidText`. */
export function uuidBytes(uuid: string): Buffer {
  const hex = uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24);
  return Buffer.from(hex, 'hex');
}

/** Formats 16 bytes as a UUID (RFC 9562 section 4). */
export function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
