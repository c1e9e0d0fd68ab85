import { v7 } from 'uuid';
import { z } from 'zod';
import { ApiError } from './errors.js';

/** A new UUID version 7: ids of one process ascend, so that newest first is a walk down the primary key. */
export function newId(): string {
  return v7();
}

/** An id in an answer. */
export const Id = z.string().meta({ format: 'uuid', example: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e' });

const uuid = z.guid();

/** A path's id. A malformed one names nothing, so it is 404 and not 400. */
export const IdParam = z
  .string()
  .meta({ format: 'uuid' })
  .transform((text) => {
    if (!uuid.safeParse(text).success) throw new ApiError('not_found', 'malformed id');
    return text.toLowerCase();
  });
